# What tests/net/kill_*.sh share: the tool that ends a program at a chosen step, built with the compiler at hand.
kill_commands() {	# GROUP OF kill.py
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	for tool in python3 git "${CC:-cc}"; do
		command -v "$tool" >/dev/null || { echo "1..0 # SKIP no $tool"; exit 0; }
	done
	"${CC:-cc}" -O1 -shared -fPIC -o "$work/fault.so" tests/data/fault.c -ldl 2>"$work/err" ||
	    { sed 's/^/# /' "$work/err"; echo "1..0 # SKIP no shared objects can be built"; exit 0; }
	# A sanitizer wants to be first.
	LD_PRELOAD=$work/fault.so "./${PROGRAM:-minnow}" --version >"$work/out" 2>&1 ||
	    { echo "1..0 # SKIP nothing can be loaded before this program"; exit 0; }
	. tests/data/gguf.sh
	gguf_tiny >"$work/tiny.gguf"
	python3 tests/net/kill.py "${PROGRAM:-minnow}" "$work/fault.so" "${BUILD:-build}/tests/unit/registry_store_more" "$work" "$1"
}
