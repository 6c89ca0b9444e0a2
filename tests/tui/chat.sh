#!/bin/sh
# The chat view: first screens at four sizes, an answer, scrolling, stopping, help, the palette.
. tests/tui/lib.sh

for size in 80x24 40x12 200x50; do
	tui_start $size -- chat "$work/parrot.gguf" --temp 0
	tui_screen "chat-first-$size"
done
tui_start 20x5 -- chat "$work/parrot.gguf"
tui_screen chat-first-20x5

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_type 'Why is qsort slow? 한국어 中文 é'
tui_screen chat-typing
tui_key Enter
tui_shows "the question is in the transcript" '^ Why is qsort slow? 한국어 中文 é$'
tui_shows "the figures are there" 'answer .*/s.*first'
tui_shows "the prompt is empty again" '^ › Ask something$'
capture | sed '/^ ›/,$d' >"$work/screen"
cmp -s "$work/screen" tests/tui/chat-answer.screen || [ -n "$TUI_UPDATE" ]
report $? "the answer is laid out"
[ -z "$TUI_UPDATE" ] || cp "$work/screen" tests/tui/chat-answer.screen

tui_key '?'
tui_screen chat-help
tui_key q
tui_key C-p
tui_type 'the'
tui_shows "the palette finds by name" '^ › theme '
tui_key Escape
tui_hides "Esc closes the palette" 'Take the next colour theme'
tui_key ':'
tui_type 'theme mono'
tui_key Enter
tui_shows "a command takes words" 'theme mono$'
mux capture-pane -p -e -t t >"$work/colours"
! grep -q '\[[0-9;]*[34]8;5;' "$work/colours"
report $? "the mono theme uses no colours"

tui_key Up
tui_shows "up takes the last prompt" '^ › Why is qsort slow'
tui_key C-u
mux resize-window -t t -x 60 -y 14
tui_wait '^    inlined\.$'		# rows as they are at the new width: tmux itself cuts the old ones
tui_key PageUp
tui_shows "scrolled up, the beginning is there" '^ You$'
tui_key Tab y
tui_shows "the answer was copied" 'copied the answer'
tui_key Y
tui_shows "the code block was copied" 'copied the code block through the terminal: 45 bytes'
tui_press C-q
tui_ends "quit gives the screen back" 0

tui_start 80x24 -- chat "$work/thinks.gguf" --temp 0
tui_type hello
tui_key Enter
tui_shows "thinking is folded to a line with its time" '^ thinks.gguf .*▸ thought for [0-9.]* m*s$'
tui_shows "the answer is there" '^ Hello, I look.$'
tui_shows "the call is there" '^ calls get_weather {"city": "Seoul"}$'
tui_hides "the thinking is not" 'They greet'
tui_key M-t
tui_shows "it can be unfolded" '^ They greet$'
tui_key M-w
tui_shows "what is copied is the answer alone" 'copied the answer through the terminal: 15 bytes'
tui_press C-q
tui_ends "and it ends as always" 0
finish
