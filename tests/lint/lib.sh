# Helpers of the lints; read with `. tests/lint/lib.sh` from the repository's root.
# A lint writes its offences, one a line, to $found; then  check NAME  makes them a TAP case: none is a pass.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
found=$work/found
n=0
bad=0

check() {
	n=$((n + 1))
	if [ -s "$found" ]; then
		bad=$((bad + 1))
		echo "not ok $n - $1"
		sed 's/^/# /' "$found"
	else
		echo "ok $n - $1"
	fi
	: >"$found"
}

skip() {	# NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

finish() {
	echo "1..$n"
	[ $bad -eq 0 ]
}

sources() {	# FOLDER...: every C file and header of the program
	find "$@" -name '*.[ch]' | sort
}
