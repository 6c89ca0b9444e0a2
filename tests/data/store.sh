# A store for the tests of commands; read with `. tests/data/store.sh` after tests/cli/lib.sh.
#   store_put MODEL NAME FILE [REGISTRY SOURCE]	as a download would; SOURCE is JSON, as in an entry
#   store_damage MODEL NAME OFFSET	change two bytes there, as a disk that rots: the time of change stays
#   on_terminal KEYS COMMAND...		run it on a terminal of its own, answering KEYS
HOME=$work
XDG_CONFIG_HOME=$work/config
XDG_DATA_HOME=$work/data
MINNOW_STORE=$work/store
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME XDG_DATA_HOME MINNOW_STORE LC_ALL
unset MINNOW_OFFLINE HF_ENDPOINT HF_TOKEN

store_put() {
	"${BUILD:-build}/tests/unit/registry_store_more" "$MINNOW_STORE" "$@" || exit 1
}

store_damage() {
	file=$MINNOW_STORE/models/$1/$2
	touch -r "$file" "$work/time"
	chmod 600 "$file"
	printf 'XX' | dd of="$file" bs=1 seek="$3" conv=notrunc 2>/dev/null
	touch -r "$work/time" "$file"
}

on_terminal() {
	TERM=xterm python3 tests/data/terminal.py "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# Questions for check.
says() { [ "$(cat "$work/out")" = "$1" ]; }		# the whole of standard output
field() { [ "$(cut -f "$2" "$work/out" | sed -n "$1p")" = "$3" ]; }		# line, column
has() { [ -e "$MINNOW_STORE/$1" ]; }
has_not() { [ ! -e "$MINNOW_STORE/$1" ]; }
fits() { ! tr '\r' '\n' <"$work/out" | sed 's/\x1b\[K//g' | grep -q '.\{80\}'; }
