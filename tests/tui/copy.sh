#!/bin/sh
# Copying: byte for byte through the terminal (OSC 52, which tmux keeps as its own buffer here) and through a program of the
# desktop, which is chosen by what the environment says; what is too long for a terminal; programs that fail or do not listen.
. tests/tui/lib.sh

mkdir "$work/bin"
# An answer with everything that a careless copy would change: tabs, blanks at the end, blank lines, a NUL-free control
# character, Korean, fences within fences, no newline at the end.
printf 'A\tb  \n\n한국어 \033[1m e\314\201\n\n````md\n```c\nint\tx;  \n\n```\n````\nlast' >"$work/answer"
printf '```c\nint\tx;  \n\n```\n' >"$work/code"
long_conversation() {	# FILE: a conversation whose last answer is FILE
	awk 'BEGIN { RS = "\001"; printf "{\"minnow\": \"conversation\", \"version\": 1, \"title\": \"t\", \"chosen\": 1, \"messages\": [" \
		"{\"role\": \"user\", \"text\": \"q\"}, {\"parent\": 0, \"role\": \"assistant\", \"text\": \"" }
		{ gsub(/\t/, "\\t"); gsub(/\n/, "\\n"); gsub(/\033/, "\\u001b"); printf "%s", $0 }
		END { print "\"}]}" }' "$1"
}
long_conversation "$work/answer" >"$work/chat.json"
program() {	# NAME SCRIPT: a program of the clipboard
	printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}
same() { cmp -s "$work/$1" "$work/$2"; }
buffer() { mux save-buffer "$work/clip" 2>/dev/null && same clip "$1"; }

tui_start 80x24 -- chat "$work/parrot.gguf" --import "$work/chat.json"
mux set -s set-clipboard on
tui_key M-w
tui_shows "the answer goes through the terminal" 'copied the answer through the terminal: [0-9]* bytes'
poll buffer answer
report $? "byte for byte"
tui_key Tab Y
tui_shows "the code block too" 'copied the code block through the terminal: 19 bytes'
poll buffer code
report $? "without its own fences, with those within"
tui_key y
poll buffer answer
report $? "y is the answer again"
tui_press C-q
poll ended

program wl-copy "cat >$work/wayland"
program xclip "echo \"\$*\" >$work/args; cat >$work/x11"
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" WAYLAND_DISPLAY=w DISPLAY=:9 -- chat "$work/parrot.gguf" --import "$work/chat.json"
tui_key M-w
tui_shows "Wayland has wl-copy" 'copied the answer through the terminal and wl-copy: [0-9]* bytes'
poll same wayland answer
report $? "byte for byte"
[ ! -e "$work/x11" ]
report $? "and nothing else is asked"
tui_press C-q
poll ended
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" DISPLAY=:9 -- chat "$work/parrot.gguf" --import "$work/chat.json"
tui_key M-w
tui_shows "X has xclip" 'copied the answer through the terminal and xclip'
poll same x11 answer
report $? "byte for byte"
grep -q '^-selection clipboard -in$' "$work/args"
report $? "for the clipboard, not for the selection"
tui_press C-q
poll ended
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" -- chat "$work/parrot.gguf" --import "$work/chat.json"
tui_key M-w
tui_shows "without a desktop there is the terminal alone" 'copied the answer through the terminal: '
tui_press C-q
poll ended

# Several code blocks: the last one first.
printf '```c\nfirst\n```\n\n```c\nsecond\n```\nend' >"$work/two"
printf 'first\n' >"$work/first"
printf 'second\n' >"$work/second"
long_conversation "$work/two" >"$work/two.json"
tui_start 80x24 -- chat "$work/parrot.gguf" --import "$work/two.json"
tui_key Tab Y
tui_shows "the last of several comes first" 'copied the code block 2 of 2'
poll buffer second
report $? "byte for byte"
tui_key Y
tui_shows "then the one before" 'copied the code block 1 of 2'
poll buffer first
report $? "byte for byte"
tui_key Up Y
tui_shows "after anything else it begins anew" 'copied the code block 2 of 2'
tui_press C-q
poll ended

# Longer than terminals take.
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "line %d of a long answer\n", i }' >"$work/long"
long_conversation "$work/long" >"$work/long.json"
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" DISPLAY=:9 -- chat "$work/parrot.gguf" --import "$work/long.json"
tui_key M-w
tui_shows "what is too long for a terminal goes through the program" 'copied the answer through xclip: 5[0-9]* [0-9]* bytes'
poll same x11 long
report $? "byte for byte"
tui_press C-q
poll ended
tui_start 80x24 -- chat "$work/parrot.gguf" --import "$work/long.json"
tui_key M-w
tui_shows "without one that is said" 'not copied: the answer has 5[0-9]* [0-9]* bytes, more than a terminal takes'
tui_press C-q
poll ended

# Programs that fail, and one that never reads.
program xclip 'cat >/dev/null; exit 3'
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" DISPLAY=:9 -- chat "$work/parrot.gguf" --import "$work/chat.json"
tui_press M-w
tui_wait 'xclip failed: the text may not be in the clipboard'
report 0 "a program that fails is told of"
tui_press C-q
poll ended
program xclip "echo \$\$ >$work/pid; exec sleep 100"
tui_start 80x24 "PATH=$work/bin:/usr/bin:/bin" DISPLAY=:9 -- chat "$work/parrot.gguf" --import "$work/long.json"
tui_press M-w
tui_press -l 'still here'
tui_wait '^ › still here'
report 0 "one that does not read holds nothing up"
tui_wait 'xclip does not read the text'
! kill -0 "$(cat "$work/pid")" 2>/dev/null
report $? "and is ended after a while"
tui_press C-q
tui_ends "quit" 0
finish
