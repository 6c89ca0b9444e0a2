#!/bin/sh
# Run every test program and case script; each prints TAP ("ok", "not ok", "# SKIP").
# One line per suite, the failures in full, and the closing line that CI reads.
# usage: tests/run.sh [SUITE | SUITE/NAME]...     all suites without one
#
# BUILD, PROGRAM: from the Makefile.  TEST_TIMEOUT: seconds for one program (300); a hang is a failure.
# RUNNER: a command that runs test programs, an emulator of the machine that they were compiled for.
# TEST_SLOW: set under sanitizers; tests that measure time then allow more.
# KILL_ALL: set, net/kill_* end the program at every step there is, not at some (minutes).
# Programs of one suite run in parallel, JOBS at a time (the number of processors); output stays in order.
set -u

count() {	# PATTERN FILE [not]: lines, skips apart
	grep -E "$1" "$2" | grep -c ${3:+-v} '# SKIP'
}

run_one() {	# NAME COMMAND...: leaves NAME.counts ("passed failed skipped") and NAME.report in $WORK
	name=$1 base=$WORK/$(echo "$1" | tr / .)
	shift
	CMOCKA_MESSAGE_OUTPUT=tap timeout -k 5 "${TEST_TIMEOUT:-300}" "$@" >"$base.out" 2>"$base.err" </dev/null
	rc=$?
	k=$(count '^(not )?ok ' "$base.out")
	p=$(count '^ok ' "$base.out" not)
	f=$(count '^not ok ' "$base.out" not)
	# A crash, or a program that failed or ran nothing, counts even when no case says so.
	if [ "$f" -eq 0 ] && { [ $rc -ne 0 ] || [ $((p + k)) -eq 0 ]; }; then
		f=1
		[ $rc -eq 124 ] && rc="124 (ran longer than ${TEST_TIMEOUT:-300} s)"
		echo "not ok - ended with status $rc" >>"$base.out"
	fi
	echo "$p $f $k" >"$base.counts"
	[ "$f" -eq 0 ] && return
	{
		grep -A20 -E '^not ok ' "$base.out" | grep -Ev '^ok |# SKIP'
		tail -n 30 "$base.err"
	} | sed "s|^|  $name: |" >"$base.report"
}

if [ "${1:-}" = --one ]; then
	shift
	run_one "$@"
	exit 0
fi

list_suite() {	# SUITE: lines "NAME COMMAND...", no blanks inside words
	for src in tests/"$1"/*.c; do
		bin=$BUILD/${src%.c} name=$(basename "$src" .c) corpus=
		[ "$1" = fuzz ] && corpus=tests/fuzz/corpus/${name#*_}
		[ -x "$bin" ] && echo "$1/$name ${RUNNER:+$RUNNER }$bin${corpus:+ $corpus}"	# xargs joins lines after a trailing blank
	done
	for script in tests/"$1"/*.sh; do
		case $script in *'*'* | */lib.sh) continue ;; esac
		echo "$1/$(basename "$script" .sh) sh $script"
	done
}

cd "$(dirname "$0")/.." || exit 1
export LANGUAGE=en		# whatever the person's; what tests another language says so
BUILD=${BUILD:-build} PROGRAM=${PROGRAM:-minnow}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM
export BUILD PROGRAM WORK
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
passed=0 failed=0 skipped=0
[ $# -gt 0 ] || set -- unit kernel tok golden net cli tui fuzz lint

for suite in "$@"; do
	sp=0 sf=0 ss=0 start=$(date +%s)
	case $suite in
	*/*) list_suite "${suite%%/*}" | grep "^$suite " >"$WORK/list" ;;
	*) list_suite "$suite" >"$WORK/list" ;;
	esac
	[ -s "$WORK/list" ] || continue
	xargs -P "$JOBS" -L 1 sh tests/run.sh --one <"$WORK/list"
	while read -r name rest; do
		base=$WORK/$(echo "$name" | tr / .)
		read -r p f k <"$base.counts" || { p=0 f=1 k=0; echo "  $name: was not run"; }
		[ -f "$base.report" ] && cat "$base.report"
		sp=$((sp + p)) sf=$((sf + f)) ss=$((ss + k))
	done <"$WORK/list"
	printf '%-8s %4d passed  %d failed  %d skipped  %d s\n' "$suite" $sp $sf $ss $(($(date +%s) - start))
	passed=$((passed + sp)) failed=$((failed + sf)) skipped=$((skipped + ss))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
