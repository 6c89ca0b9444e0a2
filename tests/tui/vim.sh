#!/bin/sh
# The keys of vim in the prompt: modes with a word and a cursor of their own, motions, cuts that wait for a motion, and that
# nothing of it is there for who has not asked for it.
. tests/tui/lib.sh

# What the terminal was told last about its cursor: 0 its own, 2 a block, 6 a bar.
shape() { sed 's/\x1b\[\([0-9]\) q/\n<\1>\n/g' "$work/raw" | sed -n 's/^<\(.\)>$/\1/p' | tail -n 1; }
shaped() { [ "$(shape)" = "$1" ]; }
prompt() {	# NAME TEXT COLUMN: the prompt's only line, and where the cursor is in it
	matches "^ › $2\$" && [ "$(mux display-message -p -t t '#{cursor_x}')" -eq $(($3 + 3)) ]
	report $? "$1"
}
set_vim() {
	mkdir -p "$work/.config/minnow"
	printf '[ui]\n\tediting = vim\n' >"$work/.config/minnow/config"
}

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
mux pipe-pane -t t "cat >$work/raw"
tui_type 'one two'
tui_hides "without vim's keys there is no mode" 'insert\|normal'
tui_key Home
prompt "and the prompt is as ever" 'one two' 0
[ -s "$work/raw" ] && [ -z "$(shape)" ]
report $? "nor is the cursor touched"
tui_key C-u F7
tui_type '/ui.editing'
tui_key Enter
tui_key Enter
tui_shows "the settings change it" 'ui.editing is vim'
tui_key F2
tui_shows "at once" '^   insert '
tui_press C-q
tui_ends "quit" 0

rm -rf "$work/.config"
set_vim
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
mux pipe-pane -t t "cat >$work/raw"
tui_screen vim-insert-80x24
tui_type '?i:'
prompt "while one types, every letter is text" '?i:' 3
tui_key C-u
tui_type 'one two, three'
tui_key Escape
prompt "Esc ends typing, on the last letter" 'one two, three' 13
tui_screen vim-normal-80x24
tui_type 'qQzZ'
prompt "then letters type nothing" 'one two, three' 13
tui_type 0
prompt "0 goes to the beginning" 'one two, three' 0
tui_type l
prompt "l to the right" 'one two, three' 1
tui_type h
prompt "h to the left" 'one two, three' 0
tui_type ww
prompt "w from word to word, signs are one" 'one two, three' 7
tui_type 'b'
prompt "b back" 'one two, three' 4
tui_type '$'
prompt "\$ goes to the last letter" 'one two, three' 13
tui_type 0d
tui_screen vim-pending-80x24
tui_key Escape
tui_shows "another key calls it off" '^   normal '
prompt "and nothing is cut" 'one two, three' 0
tui_type dz
prompt "a letter that is no motion too" 'one two, three' 0
tui_type dw
prompt "dw cuts a word and the blank behind it" 'two, three' 0
tui_type u
tui_shows "u takes it back" '^ › one two, three$'
tui_type '0wd$'
prompt "d\$ cuts to the end" 'one' 3
tui_type p
prompt "p puts it back behind the cursor" 'one two, three' 13
tui_type 'db'
prompt "db cuts the word before" 'one two, e' 9
tui_type 'd0'
prompt "d0 to the beginning" 'e' 0
tui_type 'x'
tui_shows "x cuts a letter" '^ › Ask something$'
tui_type p
prompt "which p puts back" 'e' 0
tui_type ione
prompt "i types before the cursor" 'onee' 3
tui_key Escape
tui_type X
prompt "X cuts the letter before" 'oee' 1
tui_type 'a, '
tui_key Escape
prompt "a types after it" 'oe, e' 3
tui_type 'I- '
tui_key Escape
prompt "I at the beginning" '- oe, e' 1
tui_type 'A!'
tui_key Escape
prompt "A at the end" '- oe, e!' 7
tui_type '0D'
tui_shows "D cuts to the end of the line" '^ › Ask something$'
tui_type 'ifirst'
tui_key Escape
tui_type 'osecond'
tui_key Escape
tui_shows "o opens a line" '^   second$'
tui_type k
tui_type cwlast
tui_key Escape
tui_type k0cwlast
tui_key Escape
tui_shows "cw types in the place of a word" '^ › last$'
tui_type dd
prompt "dd cuts the line" 'second' 0
tui_type p
tui_shows "which comes back below" '^   last$'
tui_type j
tui_type cc
tui_type again
tui_key Escape
tui_shows "cc begins the line anew" '^   again$'
tui_type 'kcbx'
tui_key Escape
tui_type ':'
tui_shows ": asks for a command" 'a command, or part of its name'
tui_key Escape
tui_type '?'
tui_type '/after d or c'
tui_shows "? lists the keys, vim's too" '^ after d or c in normal mode'
tui_key Escape
tui_key q
tui_type i
poll shaped 6
report $? "the cursor is a bar while one types"
tui_key Escape
poll shaped 2
report $? "and else a block"
tui_type i
tui_key Enter
tui_shows "Enter sends" '^ again$'
tui_shows "and the next prompt begins with typing" '^   insert '
tui_key Escape
tui_key Enter
tui_key Escape
tui_shows "a second Esc goes to the transcript" 'Tab goes back to the prompt'
tui_key i
tui_shows "i comes back to type" '^   insert '
tui_press C-q
tui_ends "quit" 0
poll shaped 0
report $? "and the cursor is the person's own"

tui_start 40x12 -- chat "$work/parrot.gguf" --temp 0
tui_type 'some words'
tui_key Escape
tui_key d
tui_screen vim-pending-40x12
finish
