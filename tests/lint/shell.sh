# Shell scripts: shellcheck has nothing to say.
. tests/lint/lib.sh

if ! command -v shellcheck >/dev/null; then
	skip "shellcheck" "not installed"
	finish
	exit
fi
# Left out: what is read with `.` (SC1091, SC2034, SC2154), A && B || C (SC2015), lists split on purpose (SC2013,
# SC2044, SC2046, SC2086), $ in single quotes (SC2016), sets for tr (SC2020).
{
	printf '%s\n' .ci/run .ci/deps
	find tests man registry -name '*.sh' 2>/dev/null
} | xargs shellcheck -s sh -f gcc -e SC1091,SC2034,SC2154,SC2015,SC2013,SC2016,SC2020,SC2044,SC2046,SC2086 >"$found"
check "shell scripts pass shellcheck"
finish
