#!/bin/sh
# Stopping an answer, scrolling while it streams, and every way out.
. tests/tui/lib.sh

tui_start 80x24 -- chat "$work/endless.gguf" --temp 0 -c 262144
tui_type hello
tui_press Enter
tui_wait 'donedonedone'
tui_shows "keys valid now are named" 'Esc stop'
tui_wait_gone '^ You$'
tui_press M-'<'
tui_wait '↓ [0-9]* new line'
keys=$((keys + 2))
tui_key Escape
tui_wait 'free'
tui_shows "what was read stays where it was" '^ You$'
tui_key Escape
tui_shows "Esc goes back to the end, and the answer was stopped" '^ stopped$'
tui_press C-r
tui_wait 'Esc stop'
keys=$((keys + 1))
tui_key C-c
tui_shows "one Ctrl-C stops" '^ stopped$'
tui_key C-c
tui_shows "the next one asks" 'once more to leave'
tui_press C-c
tui_ends "the one after leaves" 0

tui_start 80x24 -- chat "$work/parrot.gguf"
tui_press C-d
tui_ends "Ctrl-D on an empty prompt leaves" 0

tui_start 80x24 -- chat "$work/parrot.gguf"
tui_key ':'
tui_type q
tui_press Enter
tui_ends ":q leaves" 0

pid() { pgrep -f "^$minnow chat $work/" | head -n 1; }
for sig in TERM:15 HUP:1 SEGV:11 ABRT:6; do
	tui_start 80x24 -- chat "$work/parrot.gguf"
	kill -s "${sig%:*}" "$(pid)"
	tui_ends "SIG${sig%:*} gives the screen back" $((128 + ${sig#*:}))
done

# Ctrl-Z needs a shell with job control.
mux kill-session -t t
rm -f "$work/sync"
mux new-session -d -s t -x 60 -y 16 "env -i TERM=tmux-256color LC_ALL=C.UTF-8 PATH=/usr/bin:/bin HOME=$work HISTFILE= \
    MINNOW_SYNC=$work/sync bash --norc --noprofile -i"
tui_press -l "PS1='shell> '; $minnow chat $work/parrot.gguf"
tui_press Enter
keys=0
tui_sync
tui_press C-z
tui_wait '^shell>$'
tui_shows "Ctrl-Z gives the terminal to the shell" '[Ss]topped'
tui_press -l fg
tui_press Enter
tui_wait '^ › Ask something$'
keys=1
tui_key x
tui_shows "fg draws everything again" '^ › x$'
finish
