#!/bin/sh
# What guesses gain on texts whose answer is known: sh tests/bench/speculate.sh MODEL [OPTION...], options as those of
# minnow bench (-r N, --draft MODEL).  The answers in tests/bench/speculate were written by hand for these prompts: a
# correction, a change of code, a summary and short points near the words of their text, and a story that repeats
# nothing, where guesses must cost nothing.  The model does not choose the text, it only computes it: a real one differs
# as its own answers do.  tests/unit/core_ahead_replay.c counts the same without a model and without a clock.
set -eu
cd "$(dirname "$0")/../.."
model=${1:?a model is missing}
shift
for text in edit code summary points prose; do
	echo "$text"
	./minnow bench "$model" --prompt-file "tests/bench/speculate/$text.prompt" \
	    --answer-file "tests/bench/speculate/$text.answer" "$@"
done
