#!/bin/sh
# The budgets of the terminal program, and the same of tig, htop and btop where they are installed.
# usage: tests/bench/ui.sh [MODEL]
#
# MODEL answers while keys are typed; without it, a model without work, which keeps both processors busy all the same.
# Times of the processor hold on a busy machine; times of the clock are those of this load.
set -eu
make -s bench-programs "${BUILD:-build}/tests/unit/tui_parrot" "${BUILD:-build}/tests/bench/base_pty"
BUILD=${BUILD:-build}
minnow=$PWD/${PROGRAM:-minnow}
pty=$BUILD/tests/bench/base_pty
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
repository=$PWD

program() { echo env -i TERM=xterm-256color LC_ALL=C.UTF-8 PATH="$PATH" HOME="$work" "$@"; }
say() { printf '%-34s ' "$1"; }
measure() {	# NAME MEASURE...: without what was said before
	rm -f "$work"/.local/share/minnow/history.db*
	say "$1"
	shift
	timeout 120 "$pty" "$@" || echo 'it ended, or took longer than 120 s'
}

"$BUILD/tests/unit/tui_parrot" "$work/parrot.gguf"
"$BUILD/tests/unit/tui_parrot" "$work/endless.gguf" endless
model=${1:-$work/endless.gguf} context=${1:+8192}
for m in "$work/parrot.gguf" "$work/endless.gguf" "$model"; do
	$(program "$minnow" run "$m" -n 1 hello) >/dev/null 2>&1 </dev/null	# met, and the machine measured
done
none=$(program "$minnow" chat no-such-model)
still=$(program "$minnow" chat "$work/parrot.gguf" --temp 0)
answers=$(program "$minnow" chat "$model" --temp 0 -n 200000 -c "${context:-262144}")
others=
for p in htop btop tig; do
	command -v $p >/dev/null && others="$others $p"
done

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(getconf _NPROCESSORS_ONLN) processors, 80x24 where nothing else is said"
echo
echo "First frame"
measure 'minnow, no model' first 20 commands -- $none
measure 'minnow, the guide' first 20 commands -- $(program "$minnow" chat guide)
for p in $others; do
	case $p in htop) last=Nice ;; btop) last=menu ;; tig) last=main ;; esac
	measure "$p" first 20 $last -- $(program $p)
done
echo "Idle"
measure 'minnow, no model' idle 5 -- $none
measure 'minnow, the guide' idle 5 -- $(program "$minnow" chat guide)
for p in $others; do
	measure "$p" idle 5 -- $(program $p)
done
echo "While a model answers"
measure 'a key until it is seen' keys 300 hello -- $answers
measure 'frames' stream 5 hello -- $answers
measure 'frames, 200x50' -s 200x50 stream 5 hello -- $answers

echo "Scrolling, 60 keys a second"
# A conversation of 100 000 lines, some of them wide, some code.
awk 'BEGIN {
	printf "{\"minnow\": \"conversation\", \"version\": 1, \"title\": \"long\", \"chosen\": 399, \"messages\": ["
	for (i = 0; i < 400; i++) {
		printf "%s{\"parent\": %s, \"role\": \"%s\", \"text\": \"", i ? ", " : "", i ? i - 1 : "null", i % 2 ? "assistant" : "user"
		for (k = 0; k < 250; k++)
			printf "%d %s\\n%s", k, k % 5 ? "a line of **words** and `code`, as answers have them" : "한국어 문장과 中文", k % 7 ? "" : "\\n"
		printf "\", \"ended\": \"end\"}"
	}
	print "]}"
}' >"$work/long.json"
long() { program "$minnow" chat "$work/parrot.gguf" --import "$work/long.json"; }
measure 'minnow, 100 000 lines, a line' scroll 300 '\e[1;2A' -- $(long)
measure 'minnow, 100 000 lines, a page' scroll 300 '\e[5~' -- $(long)
measure 'the same, 200x50' -s 200x50 scroll 300 '\e[5~' -- $(long)
if command -v tig >/dev/null && [ -d "$repository/.git" ]; then
	measure 'tig, its log, a line' scroll 300 '\e[B' -- $(program tig)
	measure 'tig, its log, a page' scroll 100 ' ' -- $(program tig)
fi
echo "What comes at once"
measure 'a megabyte pasted' paste 1000000 -- $still
measure '500 sizes, 20x5 to 400x120' storm 500 -- $still
