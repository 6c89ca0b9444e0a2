#!/bin/sh
# What comes in masses: a pasted megabyte, in one line and in many, and sizes of the window that change faster than one looks.
. tests/tui/lib.sh

paste() {	# FILE
	keys=$((keys + 1))
	mux load-buffer "$1"
	mux paste-buffer -p -t t
	tui_sync
}

awk 'BEGIN { for (i = 0; i < 1000000; i += 10) printf "한 words " }' >"$work/line"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "line %d of what is pasted, 붙여넣은 줄\n", i }' >"$work/lines"

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
paste "$work/line"
tui_shows "a megabyte in one line is a chip" '^ › \[pasted text [0-9 ]* tokens\]'
tui_type 'after'
tui_shows "behind which one types" 'tokens\] after$'
for size in 40x10 120x40 24x6 200x50 60x20 33x11 81x25 20x5 100x30 50x15 400x120 80x24 30x9 90x28 70x21; do
	mux resize-window -t t -x "${size%x*}" -y "${size#*x}"
done
tui_wait '^─\{70\}$'
tui_type '!'
tui_shows "the last of many sizes is what is drawn" 'tokens\] after!$'
[ "$(capture | wc -l)" -eq 21 ]
report $? "in all of its rows"
tui_key C-c
paste "$work/lines"
tui_shows "a megabyte of lines is a chip" '^ › \[20000 pasted lines [0-9 ]* tokens\]'
tui_key BSpace BSpace
tui_shows "which goes with one key" '^ › Ask something$'
tui_press C-q
tui_ends "quit" 0
finish
