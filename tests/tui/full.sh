#!/bin/sh
# What does not fit into the context: the person is asked, nothing is cut silently.  Each way out, in the full screen and in
# plain lines; an answer that fills the context; the bar that says what fills it.
. tests/tui/lib.sh

ask() {	# QUESTION
	tui_type "$1"
	tui_key Enter
}
long='and this is one more question that is rather long and does not fit any more'

tui_start 120x40 -- chat "$work/parrot.gguf" --temp 0 -c 700
tui_hides "an empty context has no bar" '███'
ask 'first'
tui_shows "what fills the context has its parts, and a bar" '^   █*·*  history [0-9]* · free [0-9]* of 700'
ask 'second'
ask "$long"
tui_shows "what does not fit is said" '^ 7[0-9]* tokens do not fit into 700:'
tui_shows "leaving out is offered, with what comes free" '^ › leave out the oldest question and its answer .*tokens come free; the text stays, marked'
tui_shows "so is a longer context, with what it takes" '^   enlarge the context to 1 400 tokens .*more memory'
tui_shows "and to shorten" '^   shorten the message'
tui_shows "and to begin anew" '^   ask it in a new conversation'
tui_hides "nothing was sent" '^ and this is one more'
tui_key Escape
tui_shows "given up, the message is in the prompt" "^ › $long"
tui_shows "and that is said" 'nothing was sent: the message is in the prompt'
tui_key Enter Enter
tui_shows "left out: it is answered" "│ $long"
tui_shows "and the prompt is empty" '^ › Ask something'
tui_key PageUp PageUp
tui_shows "what is left out stays, marked" '│ You  not sent any more$'
tui_shows "its answer too" '│ parrot.gguf  not sent any more$'
tui_press C-q
poll ended

tui_keep=1
tui_start 120x40 -- chat --last -c 700
tui_key PageUp PageUp
tui_shows "reopened, it is still left out" '│ You  not sent any more$'
tui_key 'M->'
ask "$long"
tui_key Down Enter
tui_shows "enlarged: it is answered" 'of 1 400'
tui_press C-q
poll ended
tui_start 120x40 -- chat --last -c 700
tui_shows "reopened, the context is that long again" 'of 1 400'
tui_key F8
tui_shows "and what is longer than the usual one goes on at once" 'goes on at once: the state of [7-9][0-9]* tokens'
tui_press C-q
poll ended

tui_keep=
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0 -c 700
ask 'first'
ask 'second'
ask "$long"
tui_key Up Enter
tui_shows "in a new conversation: asked" "^ $long"
tui_hides "without what was before" '^ second$'
tui_key C-o
tui_shows "which is another one" '^ . first'
tui_key Escape
tui_key M-e
tui_key C-u
tui_type "$long$long$long$long$long$long$long$long$long$long$long$long$long$long"
tui_key Enter
tui_shows "an edited question that is too long is asked about as well" 'tokens do not fit into 700:'
tui_hides "alone, leaving out does not help" 'leave out'
tui_key Escape
tui_shows "and nothing is taken away" "^ $long"
tui_press C-q
poll ended

# A question that was typed before the model was there cannot be looked at until it is.
tui_start 80x24 -- chat "$work/endless.gguf" --temp 0 -c 64
ask 'hello'
tui_shows "an answer that fills the context says so" 'the context is full: Enter on the empty prompt offers ways to go on'
tui_shows "nothing is free" 'free 0 of 64'
tui_key Enter
tui_shows "Enter asks" '^ the context is full:'
tui_shows "a longer context is offered" '^ › enlarge the context to 128 tokens'
tui_hides "there is nothing to shorten" 'shorten'
tui_key Enter
tui_shows "the answer goes on" 'free 0 of 128'
tui_shows "beside what it was" '^ endless.gguf  2/2$'
tui_press C-q
poll ended

# The same in plain lines.
rm -f "$work"/.local/share/minnow/history.db*
line() {	# TEXT EXPECTED
	tui_press -l "$1"
	tui_press Enter
	tui_wait "$2"
}
plain() {	# MODEL CONTEXT
	cat >"$work/run" <<-END
		env -i TERM=dumb LC_ALL=C.UTF-8 PATH=/usr/bin:/bin HOME=$work $minnow chat $work/$1.gguf --temp 0 -c $2
		echo \$? >$work/status
		read -r _
	END
	rm -f "$work/status"
	mux kill-session -t t 2>/dev/null
	mux new-session -d -s t -x 130 -y 70 "sh $work/run"
	tui_wait '^You:$'
}
plain parrot 700
line 'first' 'done$'
line 'second' '^You: second$'
line "$long" 'This does not fit: the prompt has 7[0-9]* tokens and the context holds 700. Nothing was sent.'
tui_shows "plain lines number the ways out" '^  1\. leave out the oldest question and its answer (.* tokens come free; the text stays, marked)\.$'
tui_shows "all of them" '^  4\. ask it in a new conversation\.$'
line '3' '^Nothing was sent: type a shorter question.$'
line "$long" '^What shall be done? Type a number from 1 to 4, another question, or press Enter for none\.$'
line '1' '^Choice: 1$'
poll matches '^parrot.gguf: Three things'
line ':export '"$work/plain.md" '^It is written to'
grep -q "$long" "$work/plain.md" && [ "$(grep -c 'Three things' "$work/plain.md")" -eq 3 ]
report $? "by its number it is done"
tui_press -l ':quit'
tui_press Enter
poll ended
plain endless 64
line 'hello' '^The answer has filled the context of 64 tokens. It can go on:$'
line '1' '^The answer has filled the context of 128 tokens. It can go on:$'
report 0 "an answer goes on by a number, too"
line 'another question' 'This does not fit'
report 0 "or another question is asked"
tui_press -l ':quit'
tui_press Enter
poll ended

# A pipe cannot be asked: it is told.
printf 'a question that is longer than the context of this model can ever hold, whatever one does' |
    env -i PATH=/usr/bin:/bin HOME="$work" "$minnow" chat "$work/parrot.gguf" -c 32 >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ ! -s "$work/out" ] && grep -q 'the context holds 32' "$work/err"
report $? "a pipe is told in one sentence"
finish
