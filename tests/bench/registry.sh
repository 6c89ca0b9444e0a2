#!/bin/sh
# A registry of ENTRIES models: how long it takes to sync all of it, then one change, and to search it; medians of ROUNDS of
# the whole program, wall time and time of the processor.
# usage: tests/bench/registry.sh [ENTRIES [ROUNDS [FOLDER]]]
set -eu
minnow=$PWD/${PROGRAM:-minnow}
entries=${1:-10000} rounds=${2:-9} folder=${3:-/dev/shm}
dir=$(mktemp -d "$folder/minnow-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
export HOME="$dir/home" GIT_CONFIG_GLOBAL=/dev/null
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME || :
cd "$dir"

# Milliseconds, and those of the processor, of a command.
timed() {
	bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1' timed "$@" 2>&1 | awk '{ printf "%.1f %.1f\n", 1e3 * $1, 1e3 * ($2 + $3) }'
}
median() {	# NAME
	sort -n -k1 "$dir/times" | awk '{ w[NR] = $1 } END { printf "%8.1f", w[int((NR + 1) / 2)] }'
	sort -n -k2 "$dir/times" | awk '{ c[NR] = $2 } END { printf " ms %8.1f ms of the processor   ", c[int((NR + 1) / 2)] }'
	echo "$1"
	: >"$dir/times"
}
commit() {
	"$minnow" registry sign reg --key k.key >/dev/null 2>&1
	git -C reg add -A
	git -C reg -c user.name=x -c user.email=x@x commit -qm "$1"
}

"$minnow" registry key k.key >/dev/null 2>&1
"$minnow" registry init reg --from-builtin --key k.key --name many >/dev/null 2>&1
python3 - "$entries" <<'END'
import json, pathlib, sys
have = sorted(pathlib.Path("reg/models").rglob("entry.json"))
texts = [(p, json.loads(p.read_text())) for p in have]
for i in range(int(sys.argv[1]) - len(have)):
    path, entry = texts[i % len(texts)]
    entry = dict(entry, id="%s-v%d" % (entry["id"], i))
    folder = path.parent.parent / entry["id"]
    folder.mkdir()
    (folder / "entry.json").write_text(json.dumps(entry, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
END
git init -q reg
commit all
"$minnow" registry add many "file://$dir/reg" >/dev/null 2>&1
: >"$dir/times"
timed "$minnow" sync >"$dir/times"
median "the first sync of $entries entries"
for round in $(seq "$rounds"); do
	file=$(find reg/models -name entry.json | sed -n "$((round * 37))p")
	sed -i "s/\"summary\": \"/&($round) /" "$file"
	commit "$round"
	timed "$minnow" sync >>"$dir/times"
done
median "sync of one change"
for words in qwen "small korean" "--fits --licence apache phi"; do
	# shellcheck disable=SC2086	# several words
	for round in $(seq $((rounds * 3))); do
		timed "$minnow" search $words >>"$dir/times"
	done
	median "search $words"
done
for round in $(seq $((rounds * 3))); do timed "$minnow" ls >>"$dir/times"; done
median "ls"
for round in $(seq $((rounds * 3))); do timed "$minnow" --help >>"$dir/times"; done
median "--help"
"$minnow" search qwen | wc -l | sed 's/$/ models match "qwen"/'
echo "load $(cut -d' ' -f1 /proc/loadavg)"
