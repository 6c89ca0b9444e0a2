#!/bin/sh
# Run every test program and case script; each prints TAP ("ok", "not ok", "# SKIP").
# One line per suite, the failures in full, and the closing line that CI reads.
# usage: tests/run.sh [SUITE...]    BUILD and PROGRAM come from the Makefile
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
export BUILD PROGRAM
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

run_one() {	# NAME COMMAND...
	name=$1; shift
	CMOCKA_MESSAGE_OUTPUT=tap "$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	k=$(grep -Ec '^(not )?ok .*# SKIP' "$work/out")
	p=$(grep -E '^ok ' "$work/out" | grep -vc '# SKIP')
	f=$(grep -E '^not ok ' "$work/out" | grep -vc '# SKIP')
	# A crash, or a program that failed or ran nothing, counts even when no case says so.
	if [ "$f" -eq 0 ] && { [ "$rc" -ne 0 ] || [ $((p + k)) -eq 0 ]; }; then
		f=1
		echo "not ok - $name ended with status $rc" >>"$work/out"
	fi
	if [ "$f" -gt 0 ]; then
		grep -A20 -E '^not ok ' "$work/out" | grep -v '# SKIP' | sed "s|^|  $name: |"
		tail -n 15 "$work/err" | sed "s|^|  $name: |"
	fi
	sp=$((sp + p)) sf=$((sf + f)) ss=$((ss + k))
}

for suite in "${@:-unit kernel tok golden cli tui fuzz lint}"; do
	for s in $suite; do
		sp=0 sf=0 ss=0 start=$(date +%s)
		for src in tests/"$s"/*.c; do
			bin=$BUILD/${src%.c}
			[ -x "$bin" ] && run_one "$s/$(basename "$bin")" "$bin"
		done
		for script in tests/"$s"/*.sh; do
			case $script in *'*'* | */lib.sh) continue ;; esac
			run_one "$s/$(basename "$script" .sh)" sh "$script"
		done
		[ $((sp + sf + ss)) -gt 0 ] || continue
		printf '%-8s %4d passed  %d failed  %d skipped  %d s\n' "$s" $sp $sf $ss $(($(date +%s) - start))
		passed=$((passed + sp)) failed=$((failed + sf)) skipped=$((skipped + ss))
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
