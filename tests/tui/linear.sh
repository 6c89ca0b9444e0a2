#!/bin/sh
# Plain lines: pipes, dumb terminals, ACCESSIBLE; never an escape code.
. tests/tui/lib.sh

ask() {	# QUESTION (as printf takes it) ARGUMENT...
	printf %b "$1" >"$work/in"
	shift
	env -i PATH=/usr/bin:/bin HOME="$work" TERM=xterm-256color "$minnow" chat "$@" <"$work/in" >"$work/out" 2>"$work/err"
	status=$?
}
is() { [ "$1" = "$2" ]; }
no_escapes() { ! tr -d '\n' <"$work/out" | grep -q "$(printf '\033')"; }

ask 'hello\n' "$work/parrot.gguf" --temp 0
is "$status" 0
report $? "a piped question ends with status 0"
is "$(head -n 1 "$work/out")" "Three things cost time here:"
report $? "only the answer is printed"
grep -q '␛\[31mdone$' "$work/out" && no_escapes
report $? "escape codes of the model are shown, not sent"
ask 'hello\n' "$work/thinks.gguf" --temp 0
is "$(cat "$work/out")" 'Hello, I look.
calls get_weather {"city": "Seoul"}'
report $? "a pipe gets no thinking"
ask '' "$work/parrot.gguf"
is "$status" 2 && grep -q 'standard input is empty' "$work/err"
report $? "nothing to ask is a usage error"
ask 'a\0000b' "$work/parrot.gguf"
is "$status" 2 && grep -q 'byte 1 is NUL' "$work/err"
report $? "binary input is refused"
ask hello /nonexistent.gguf
is "$status" 3 && is "$(wc -l <"$work/err")" 1
report $? "a missing model is one line and status 3"
echo text >"$work/text.gguf"
ask hello "$work/text.gguf"
is "$status" 1 && is "$(wc -l <"$work/err")" 1
report $? "so is a file that is no model"

for how in TERM=dumb ACCESSIBLE=1; do
	size=80x24
	mux has-session -t hold 2>/dev/null || mux new-session -d -s hold -n hold -x 20 -y 5 cat
	mux kill-session -t t 2>/dev/null
	rm -f "$work/status"
	cat >"$work/run" <<-EOF
		env -i TERM=tmux-256color $how LC_ALL=C.UTF-8 PATH=/usr/bin:/bin HOME=$work $minnow chat $work/parrot.gguf --temp 0
		echo \$? >$work/status
		read -r _
	EOF
	mux new-session -d -s t -x "${size%x*}" -y "${size#*x}" "sh $work/run"
	tui_wait '^You:$'
	tui_press -l hello
	tui_press Enter
	tui_wait 'done$'
	tui_shows "$how: speakers are prefixes" '^parrot.gguf: Three things cost time here:$'
	tui_press -l ':wrong'
	tui_press Enter
	tui_wait 'There is no command "wrong"'
	tui_press -l ':quit'
	tui_press Enter
	poll ended && is "$(cat "$work/status")" 0
	report $? "$how: :quit leaves"
done

mux kill-session -t t 2>/dev/null
rm -f "$work/status"
sed "s/parrot.gguf/thinks.gguf/" "$work/run" >"$work/run2"
mux new-session -d -s t -x 80 -y 24 "sh $work/run2"
tui_wait '^You:$'
tui_press -l hello
tui_press Enter
tui_wait '^calls get_weather {"city": "Seoul"}$'
tui_shows "thinking has a prefix" '^thinks.gguf: thinking: They greet$'
tui_shows "the answer has one then" '^answer: Hello, I look.$'
tui_press -l ':think'
tui_press Enter
tui_wait '^Thinking is hidden now.$'
tui_press -l hello
tui_press Enter
tui_wait '^thinks.gguf: thinking: (hidden)$'
report 0 "thinking can be hidden"
tui_press -l ':quit'
tui_press Enter
poll ended && is "$(cat "$work/status")" 0
report $? "and it leaves as always"

# Ctrl-C stops an answer, leaves a question, and at the prompt leaves minnow; Ctrl-D too.
env -i PATH=/usr/bin:/bin HOME="$work" "$minnow" verify "$work/endless.gguf" >/dev/null 2>&1	# or it is asked about
tui_lines 80x24 ACCESSIBLE=1 -- chat "$work/endless.gguf" --temp 0
tui_press -l hello
tui_press Enter
tui_wait 'donedonedone'
tui_press C-c
tui_wait '^(The answer ended: '
tui_wait '^You:$'
report 0 "Ctrl-C stops an answer that does not end"
tui_line ':chats' '^Choice:$'
tui_press C-c
tui_wait '^You:$'
report 0 "at a question it leaves that"
tui_line ':rename-chat' '^Words:$'
tui_press C-c
tui_wait '^You:$'
tui_press C-d
poll ended && is "$(cat "$work/status")" 0
report $? "Ctrl-D leaves"
tui_lines 80x24 -- chat "$work/parrot.gguf"
tui_press C-c
poll ended && is "$(cat "$work/status")" 0
report $? "and so does Ctrl-C at the prompt"
tui_lines 100x24 -- chat "$work/none.gguf"
tui_shows "a model that cannot be opened is told, with what to do" '^none.gguf could not be opened: '
tui_line hello '^That is not possible: '
tui_line ':model guide' '^guide answers from now on\.$'
tui_press C-d
poll ended && is "$(cat "$work/status")" 0
report $? "and another one takes its place"

# A line that was typed before it is asked for stands where it is taken, as if it had been typed there.
rm -f "$work/status"
cat >"$work/run" <<-EOF
	sleep 0.5
	env -i TERM=dumb LC_ALL=C.UTF-8 PATH=/usr/bin:/bin HOME=$work $minnow chat $work/parrot.gguf
	echo \$? >$work/status
EOF
mux kill-session -t t 2>/dev/null
mux new-session -d -s t -x 100 -y 24 "sh $work/run"
tui_press -l ':sparkle'
tui_press Enter
tui_wait '^There is no command "sparkle"'
tui_shows "what was typed ahead is shown where it is taken" '^You: :sparkle$'
tui_press C-d
poll ended
finish
