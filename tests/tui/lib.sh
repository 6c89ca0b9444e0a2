# Helpers of the screen tests: the real program in a private tmux; read with `. tests/tui/lib.sh` from the repository's
# root.  Nothing sleeps for a fixed time: under MINNOW_SYNC the program, when it is idle, asks the terminal for its
# status and, once that answers, appends the number of keys handled to a file.  The answer proves that the terminal
# has drawn all that came before, so a capture cannot be too early.
#
#   tui_start COLSxROWS [NAME=VALUE...] -- ARGUMENT...	start minnow in a pane, wait until it is idle
#				(without the conversations of before, unless tui_keep is set)
#   tui_key NAME...		press keys by tmux's names, wait until they are handled
#   tui_type TEXT		type, wait
#   tui_press NAME...		press without waiting
#   tui_wait TEXT		until the screen shows TEXT (a regular expression); tui_wait_gone: until it does not
#   tui_screen NAME		the screen is that of tests/tui/NAME.screen; TUI_UPDATE=1 rewrites it
#   tui_shows / tui_hides NAME TEXT	the screen has / has not a line matching TEXT
#   tui_ends NAME STATUS	minnow ends with STATUS and the screen of before is back
#   tui_lines COLSxROWS [NAME=VALUE...] -- ARGUMENT...	start it in plain lines, wait for its first question
#   tui_line TEXT EXPECTED	type a line there, wait for what it prints
#   tui_stop			end the server
command -v tmux >/dev/null || { echo "ok 1 - tmux is not there # SKIP"; echo "1..1"; exit 0; }
(: 3<>/dev/ptmx) 2>/dev/null || { echo "ok 1 - there are no pseudo-terminals here # SKIP"; echo "1..1"; exit 0; }
BUILD=${BUILD:-build}
work=$(mktemp -d) || exit 1
minnow=$PWD/${PROGRAM:-minnow}
n=0
bad=0
keys=0
cleanup() {
	tmux -S "$work/sock" kill-server 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
"$BUILD/tests/unit/tui_parrot" "$work/parrot.gguf" || exit 1
"$BUILD/tests/unit/tui_parrot" "$work/endless.gguf" endless || exit 1
"$BUILD/tests/unit/tui_parrot" "$work/thinks.gguf" thinks || exit 1

mux() { tmux -S "$work/sock" -f /dev/null "$@"; }

report() {	# OK NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
		mux capture-pane -p -t t 2>/dev/null | sed 's/^/# |/'
	fi
}

finish() {
	echo "1..$n"
	[ $bad -eq 0 ]
}

poll() {	# COMMAND...: until it succeeds, at most 20 s
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || return 1
		sleep 0.02
	done
}

synced() { [ "$(tail -n 1 "$work/sync" 2>/dev/null || echo -1)" -ge "$keys" ] 2>/dev/null; }
tui_sync() { poll synced || report 1 "minnow handled $keys keys"; }

tui_start() {
	size=$1
	shift
	vars="TERM=tmux-256color LC_ALL=C.UTF-8"
	while [ "$1" != -- ]; do
		vars="$vars $1"
		shift
	done
	shift
	keys=0
	rm -f "$work/sync" "$work/status"
	[ -n "${tui_keep:-}" ] || rm -f "$work"/.local/share/minnow/history.db*
	cat >"$work/run" <<-EOF
		printf 'before minnow\\n'
		env -i PATH=/usr/bin:/bin HOME=$work MINNOW_SYNC=$work/sync $vars $minnow $* 2>$work/err
		echo \$? >$work/status
		read -r _
	EOF
	# A session that holds the server while the pane of a case comes and goes.
	mux has-session -t hold 2>/dev/null || mux new-session -d -s hold -n hold -x 20 -y 5 cat
	mux set -g status off >/dev/null
	mux kill-session -t t 2>/dev/null
	mux new-session -d -s t -x "${size%x*}" -y "${size#*x}" "sh $work/run"
	tui_sync
}

tui_lines() {
	size=$1
	shift
	vars="TERM=dumb LC_ALL=C.UTF-8"
	while [ "$1" != -- ]; do
		vars="$vars $1"
		shift
	done
	shift
	rm -f "$work/status"
	# Ctrl-C is for minnow, not for this shell.
	cat >"$work/run" <<-EOF
		trap : INT
		env -i $vars PATH=/usr/bin:/bin HOME=$work $minnow $*
		echo \$? >$work/status
		read -r _
	EOF
	mux has-session -t hold 2>/dev/null || mux new-session -d -s hold -n hold -x 20 -y 5 cat
	mux kill-session -t t 2>/dev/null
	mux new-session -d -s t -x "${size%x*}" -y "${size#*x}" "sh $work/run"
	tui_wait '^You:$'
}

tui_line() {
	tui_press -l "$1"
	tui_press Enter
	tui_wait "$2"
}

tui_press() { mux send-keys -t t "$@"; }

tui_key() {
	keys=$((keys + $#))
	mux send-keys -t t "$@"
	tui_sync
}

tui_type() {
	keys=$((keys + $(printf %s "$1" | LC_ALL=C.UTF-8 wc -m)))
	mux send-keys -t t -l "$1"
	tui_sync
}

mask=			# a sed script for what differs from run to run
capture() { mux capture-pane -p -t t | sed "$mask" | sed 's/ *$//'; }

tui_screen() {
	capture >"$work/screen"
	want=tests/tui/$1.screen
	[ -z "$TUI_UPDATE" ] || cp "$work/screen" "$want"
	if cmp -s "$work/screen" "$want"; then
		report 0 "$1"
	else
		report 1 "$1"
		diff "$want" "$work/screen" | sed 's/^/# /'
	fi
}

matches() { capture | grep -aqe "$1"; }
tui_wait() { poll matches "$1" || report 1 "the screen comes to show: $1"; }
lacks() { ! capture | grep -aqe "$1"; }
tui_wait_gone() { poll lacks "$1" || report 1 "the screen no longer shows: $1"; }
tui_shows() { matches "$2"; report $? "$1"; }
tui_hides() { ! matches "$2"; report $? "$1"; }

ended() { [ -s "$work/status" ]; }
tui_ends() {
	poll ended && [ "$(cat "$work/status")" -eq "$2" ] && matches '^before minnow$' && ! matches 'Chat'
	report $? "$1"
}
