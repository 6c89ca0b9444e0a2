# What tests/net/kill_*.sh share: the tool that ends a program at a chosen step, built with the compiler at hand.
skip() {
	echo "ok 1 - commands are killed # SKIP $1"
	echo 1..1
	exit 0
}

kill_commands() {	# GROUP OF kill.py
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	for tool in python3 git "${CC:-cc}"; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
	"${CC:-cc}" -O1 -shared -fPIC -o "$work/fault.so" tests/data/fault.c -ldl 2>"$work/err" ||
	    { sed 's/^/# /' "$work/err"; skip "no shared object can be built"; }
	# A sanitizer wants to be first.
	LD_PRELOAD=$work/fault.so "./${PROGRAM:-minnow}" --version >"$work/out" 2>&1 ||
	    skip "nothing can be loaded before this program"
	. tests/data/gguf.sh
	gguf_tiny >"$work/tiny.gguf"
	python3 tests/net/kill.py "${PROGRAM:-minnow}" "$work/fault.so" "${BUILD:-build}/tests/unit/registry_store_more" "$work" "$1"
}
