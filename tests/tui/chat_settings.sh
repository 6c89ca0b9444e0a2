#!/bin/sh
# Another model in the middle of a conversation, its system prompt and settings, files in the prompt, one's own editor, and
# what is done when it does not fit; the same in plain lines.
. tests/tui/lib.sh

ask() {	# QUESTION
	tui_type "$1"
	tui_key Enter
}
mkdir -p "$work/models"
cp "$work/thinks.gguf" "$work/models/"

for size in 80x24 40x12; do
	tui_keep=
	tui_start $size -- chat "$work/parrot.gguf" --temp 0
	ask 'hello'
	tui_type ":model $work/models/thinks.gguf"
	tui_key Enter
	tui_shows "$size: another model answers from now on" 'thinks.gguf answers from now on'
	ask 'and you'
	tui_shows "$size: its answer has its name" '^ thinks.gguf'
	tui_shows "$size: it saw what was said" '^ Hello, I look.$'
	tui_key 'M-<'
	tui_shows "$size: the answer before keeps the name of its model" '^ parrot.gguf'
	tui_key M-m
	tui_shows "$size: the models of this machine are listed" '^ . parrot.gguf  '
	tui_type 'thi'
	tui_hides "$size: what is typed narrows the list" '^ . parrot.gguf  '
	tui_key Enter
	tui_shows "$size: the one that answers is told" 'thinks.gguf answers already'
	tui_key M-m
	tui_type 'no such model'
	tui_key Enter
	tui_shows "$size: none is a sentence" 'no such'
	tui_type ':sampling temp 0.2 top-k 7'
	tui_key Enter
	tui_shows "$size: a setting is changed" 'from now on: temp 0.2 top-k 7'
	tui_type ':sampling temp 99'
	tui_key Enter
	tui_shows "$size: one that cannot be is a sentence" 'temp is a number from 0 to 10'
	tui_type ':system Say\nno.'
	tui_key Enter
	tui_shows "$size: so is the system prompt" 'conversation has this system'
	tui_type ':system'
	tui_key Enter
	tui_shows "$size: without words it can be edited" '^ system Say.nno.$'
	tui_key Escape
	tui_key M-m
	tui_key Escape
	tui_hides "$size: Esc closes the list" '^ model'
	tui_press C-q
	poll ended
	tui_keep=1
	tui_start $size -- chat --last
	tui_shows "$size: reopened, it is with the last model" 'thinks.gguf'
	tui_type ':sampling'
	tui_key Enter
	tui_shows "$size: with its settings" '^ sampling temp 0.2 top-k 7 '
	tui_key Escape
	tui_type ':system'
	tui_key Enter
	tui_shows "$size: and its system prompt" '^ system Say.nno.$'
	tui_key Escape
	tui_key 'M-<'
	tui_shows "$size: and the first answer is of the first" '^ parrot.gguf'
	tui_press C-q
	poll ended
done

# Text files in the prompt.
seq 40 >"$work/notes.txt"
printf 'a\0b' >"$work/binary"
head -c 1100000 /dev/zero | tr '\0' x >"$work/large"
for size in 80x24 40x12; do
	tui_keep=
	tui_start $size -- chat "$work/parrot.gguf" --temp 0
	tui_type ":attach $work/not"
	tui_key Tab
	tui_key Enter
	tui_shows "$size: a path is completed, and the file is a chip" '^ › \[notes.txt 111 tokens\]'
	tui_key Left BSpace
	tui_shows "$size: a chip is deleted whole" '^ ›$'
	tui_key C-_
	tui_shows "$size: and comes back" '^ › \[notes.txt 111 tokens\]'
	tui_key End
	tui_type ":attach $work/binary"
	tui_key C-u
	tui_type ":attach $work/binary"
	tui_key Enter
	tui_shows "$size: what is no text is refused" 'binary is not text in UTF-8'
	tui_type ":attach $work/large"
	tui_key Enter
	tui_shows "$size: so is what is too large" 'large'
	tui_hides "$size: and leaves no chip" '^ › \['
	tui_type ":attach $work/notes.txt"
	tui_key Enter
	ask 'what is it?'
	tui_key 'M-<'
	tui_shows "$size: the question shows the chip" '^ \[notes.txt 111 tokens\]$'
	tui_shows "$size: and not what is behind it" '^ what is it?$'
	tui_type ":export $work/out.md"
	tui_key Enter
	grep -q '^40$' "$work/out.md"
	report $? "$size: which was sent"
	mux set-buffer "$(seq 30)"
	keys=$((keys + 1))
	mux paste-buffer -p -t t
	tui_sync
	tui_shows "$size: a long paste is a chip" '^ › \[30 pasted lines 80 tokens\]'
	tui_key C-u
	mux set-buffer "$(seq 3)"
	keys=$((keys + 1))
	mux paste-buffer -p -t t
	tui_sync
	tui_shows "$size: a short one is text" '^   3$'
	tui_key C-_ C-_
	tui_press C-q
	poll ended
	tui_keep=1
	tui_start $size -- chat --last
	tui_shows "$size: what was being written comes back as a chip" '^ › \[30 pasted lines 80 tokens\]'
	tui_key C-u 'M-<'
	tui_shows "$size: so does what was asked" '^ \[notes.txt 111 tokens\]$'
	tui_key M-e
	tui_shows "$size: and it can be edited" '^ › \[notes.txt 111 tokens\]$'
	tui_press C-q
	poll ended
done

# The person's own editor.
cat >"$work/ed" <<-'END'
	#!/bin/sh
	tty <&0 >/dev/null || exit 3
	[ "$(cat "$1")" = draft ] && printf 'one\ntwo\n' >"$1"
END
chmod +x "$work/ed"
tui_keep=
for size in 80x24 40x12; do
	tui_start $size EDITOR="$work/ed" -- chat "$work/parrot.gguf" --temp 0
	tui_type 'draft'
	tui_key C-g
	tui_shows "$size: what the editor wrote is the prompt" '^ › one$'
	tui_shows "$size: all of it" '^   two$'
	tui_key C-g
	tui_shows "$size: an editor that fails is a sentence" 'ended with status 1'
	tui_key End
	tui_shows "$size: and changes nothing" '^   two$'
	tui_press C-q
	poll ended
done
tui_start 80x24 VISUAL=no-such-editor -- chat "$work/parrot.gguf" --temp 0
tui_key C-g
tui_shows "so is one that is not there" 'there is no editor "no-such-editor"'
tui_press C-q
tui_ends "and it ends as always" 0

# The same in plain lines.
rm -f "$work"/.local/share/minnow/history.db*
tui_lines 100x60 -- chat "$work/parrot.gguf" --temp 0
tui_line 'first question' 'done$'
tui_line ":model $work/models/thinks.gguf" '^thinks.gguf answers from now on, and reads what was said.$'
tui_line 'second question' '^answer: Hello, I look.$'
tui_line ':model' '^Which one shall answer from now on?'
report 0 "plain lines list the models"
tui_line ":model $(capture | sed -n 's/^ *\([0-9]*\)\. parrot.gguf.*/\1/p')" '^parrot.gguf answers from now on, and reads what was said.$'
tui_line ':model 99' '^There is no number 99'
tui_line ':sampling temp 0.2' '^The settings of this conversation are: temp 0.2 '
tui_line ':sampling temp' '^That is not possible: temp has no value'
tui_line ':system Be brief.' '^The system prompt of this conversation is: Be brief.$'
tui_line ":attach $work/notes.txt" '^The next question begins with .notes.txt 111 tokens.'
tui_line 'third question' '^You: third question$'
tui_line ':attach /none' '^That is not possible: '
tui_line ':model /none' '^That is not possible: '
tui_press -l ':quit'
tui_press Enter
poll ended && [ "$(cat "$work/status")" -eq 0 ]
report $? "and leave"
finish
