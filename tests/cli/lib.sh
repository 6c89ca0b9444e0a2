# Helpers of the command-line tests; read with `. tests/cli/lib.sh` from the repository's root.
# run COMMAND...       leaves $work/out, $work/err and $status
# check NAME TEST...   one TAP case: does `test`-like command TEST succeed?
# met FILE...          minnow has seen these files before: it does not say again that nobody verified them
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
minnow=./${PROGRAM:-minnow}
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
n=0
bad=0

run() {
	"$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

met() {
	$minnow verify "$@" >"$work/out" 2>"$work/err" || exit 1
}

check() {
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		bad=$((bad + 1))
		echo "not ok $n - $name"
		echo "# status $status"
		sed 's/^/# stdout: /' "$work/out" | head -n 8
		sed 's/^/# stderr: /' "$work/err" | head -n 8
	fi
}

finish() {
	echo "1..$n"
	[ $bad -eq 0 ]
}

# Questions for check.
prints() { grep -qe "$1" "$work/out"; }			# stdout has a line that matches
complains() { grep -qe "$1" "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ]; }	# one line on stderr, which matches
exits() { [ "$status" -eq "$1" ]; }
silent() { [ ! -s "$work/out" ] && [ ! -s "$work/err" ]; }
