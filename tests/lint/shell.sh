# Shell scripts: shellcheck has nothing to say.
. tests/lint/lib.sh

if ! command -v shellcheck >/dev/null; then
	skip "shellcheck" "not installed"
	finish
	exit
fi
# Left out: what is read with `.` (SC1091, SC2034, SC2154), lists split on purpose (SC2044, SC2046, SC2086).
{
	printf '%s\n' .ci/run .ci/deps
	find tests man registry -name '*.sh' 2>/dev/null
} | xargs shellcheck -s sh -f gcc -S warning -e SC1091,SC2034,SC2154,SC2044,SC2046,SC2086 >"$found"
check "shell scripts pass shellcheck"
finish
