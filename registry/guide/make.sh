#!/bin/sh
# Write the guide's corpus from the program's tables, train the model on it, and put it in place.
# usage: registry/guide/make.sh    PROGRAM and PYTHON come from `make guide`, which installs torch, tokenizers and gguf
set -eu
cd "$(dirname "$0")/../.."
work=build/guide
python=${PYTHON:-python3}
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
mkdir -p "$work"
"${PROGRAM:-./minnow}" help --json >"$work/commands.json"
"$python" registry/guide/corpus.py "$work/corpus.jsonl" 400000
"$python" registry/guide/train.py "$work/corpus.jsonl" "$work/guide.gguf" --steps 16000 --minutes 100
"$python" registry/guide/ask.py "$work/guide.gguf" registry/guide/dev.tsv
mv "$work/guide.gguf" registry/guide/guide.gguf
