#!/bin/sh
# Settings: tried, saved, put back; the file and the environment; the log tells.
. tests/tui/lib.sh
config=$work/.config/minnow/config
says() { grep -q "$1" "$config" 2>/dev/null; }

tui_start 80x24 -- chat "$work/parrot.gguf"
tui_key F7 Enter
tui_shows "the themes are offered" '^   mono$'
tui_key Down
tui_shows "one is taken" '^ ui.theme = [a-z]'
tui_key Escape
tui_shows "Esc keeps the old one" '^ › ui.theme  *default$'
tui_key Enter C-u
tui_type mono
tui_key Enter
tui_shows "it is saved" 'ui.theme is mono$'
says 'theme = mono' && mux capture-pane -p -e -t t >"$work/colours" && ! grep -q '\[[0-9;]*[34]8;5;' "$work/colours"
report $? "in the file, and no colour is left"
tui_shows "where it comes from" '^ › ui.theme  *mono  *config line 2$'
tui_key u
tui_shows "u puts the default back" 'ui.theme is default, its default$'
! says theme
report $? "and takes it out of the file"
tui_key C-p
tui_type reset
tui_shows "a default cannot be put back again, which is said" 'this setting has its default already'
tui_key Escape
tui_key ':'
tui_type 'settings sampling.temp'
tui_key Enter Enter C-u
tui_type 99
tui_key Enter
tui_shows "a wrong number is refused" 'sampling.temp wants a number from 0 to 10, not "99"'
! says temp
report $? "and not saved"
tui_key Enter C-u
tui_type 0.2
tui_key Enter
says 'temp = 0.2'
report $? "a right one is"
tui_key ':'
tui_type 'settings ui.linear'
tui_key Enter Enter
says 'linear = true'
report $? "a flag is switched by Enter"
tui_key ':'
tui_type 'reset ui.lin'
tui_key Tab Enter
! says linear
report $? "reset takes a name, which Tab completes"
tui_key F8
tui_shows "the log tells what was changed" 'sampling.temp is 0.2$'
tui_shows "and what was refused" '! sampling.temp wants a number'
tui_key /
tui_type 'reset'
tui_hides "the filter leaves out the rest" 'sampling.temp is 0.2$'
tui_key Escape
tui_key F10
tui_shows "F10 shows the plain conversation" '^(minnow: any key goes back)$'
tui_shows "on the screen of before" '^before minnow$'
tui_key x
tui_hides "a key goes back" 'any key goes back'
tui_key F9
tui_shows "F9 gives the mouse to the terminal" "the mouse is the terminal's"
tui_press C-q
tui_ends "and it ends as always" 0

rm -f "$config"
tui_start 80x24 MINNOW_THEME=mono SSH_CONNECTION=x -- chat "$work/parrot.gguf"
tui_key F7
tui_shows "the environment is named" '^ › ui.theme  *mono  *MINNOW_THEME$'
tui_key Enter C-u
tui_type default
tui_key Enter
tui_shows "and still wins" 'saved, but MINNOW_THEME of the environment still wins here'
[ "$(mux display-message -p -t t '#{mouse_any_flag}')" = 0 ]
report $? "over ssh the mouse is the terminal's"
tui_key F9
[ "$(mux display-message -p -t t '#{mouse_any_flag}')" = 1 ]
report $? "F9 takes it"
tui_press -l "$(printf '\033[<0;12;1M')"
tui_wait 'ask\|Ask something'
tui_press C-q
tui_ends "with the mouse given back" 0
[ "$(mux display-message -p -t t '#{mouse_any_flag}')" = 0 ]
report $? "to the terminal"
finish
