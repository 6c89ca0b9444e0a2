#!/bin/sh
# Other terminals, locales and settings: ASCII only, no colour, sixteen colours, remapped keys, a broken configuration.
. tests/tui/lib.sh

tui_start 60x14 LC_ALL=C -- chat "$work/parrot.gguf" --temp 0
tui_screen terminals-ascii
tui_key h Enter
tui_shows "what ASCII cannot say is a question mark a column" '^ ?\{6\} ?\{6\} ?\{6\} ?\{8\}\. ?*$'
! capture | LC_ALL=C grep -q '[^ -~]'
report $? "nothing but ASCII is sent in the C locale"

colours() { mux capture-pane -p -e -t t | grep -o '\[[0-9;]*m' | sort -u | tr -d '\n'; }
tui_start 60x14 -- chat "$work/parrot.gguf"
colours | grep -q '38;5;'
report $? "256 colours where the terminal has them"
tui_start 60x14 NO_COLOR=1 -- chat "$work/parrot.gguf"
! colours | grep -q '\[3[0-8]\|38;5;'
report $? "NO_COLOR leaves them out"
tui_start 60x14 NO_COLOR=1 -- chat "$work/parrot.gguf" --color 16
colours | grep -q '\[[39][0-9]m' && ! colours | grep -q '38;5;'
report $? "--color beats NO_COLOR; 16 are 16"
for term in xterm xterm-256color screen linux vt100 xterm-mono; do
	tui_start 60x14 TERM=$term -- chat "$work/parrot.gguf"
	tui_key x
	tui_shows "$term shows the prompt" '^ . x$'
done

mkdir -p "$work/.config/minnow"
cat >"$work/.config/minnow/config" <<-EOF
	[keys "chat"]
		regenerate = C-x
	[ui]
		sparkle = yes
EOF
tui_start 80x14 -- chat "$work/parrot.gguf"
tui_shows "an unknown setting is named with its line" 'config line 4: there is no setting "ui.sparkle"'
tui_key x
tui_shows "a remapped key is shown on the bottom line" '\^X again'
printf '[sampling]\ntemp = hot\n' >"$work/.config/minnow/config"
env -i HOME="$work" "$minnow" chat "$work/parrot.gguf" >/dev/null 2>"$work/err" </dev/null
[ $? -eq 2 ] && grep -q 'config line 2: sampling.temp wants a number from 0 to 10, not "hot"' "$work/err"
report $? "a bad value is one line and status 2"
finish
