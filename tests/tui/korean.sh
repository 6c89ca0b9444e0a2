#!/bin/sh
# The screens in Korean, whose letters are two columns wide: nothing is cut in half, columns stand where they stood.
. tests/tui/lib.sh
machine=MINNOW_MACHINE=8000000000,27000000000,23400000000

if ! LANGUAGE=ko LC_ALL=C.UTF-8 HOME=$work $minnow help | grep -q '^사용법: '; then
	echo "ok 1 - Korean # SKIP no catalogue, or no UTF-8 here"
	echo "1..1"
	exit 0
fi

for size in 80x24 40x12; do
	tui_start $size LANGUAGE=ko $machine -- chat "$work/parrot.gguf" --temp 0
	tui_screen "korean-chat-$size"
	tui_key F3
	tui_screen "korean-explore-$size"
	tui_key F7
	tui_screen "korean-settings-$size"
	tui_key F1
	tui_screen "korean-help-$size"
	tui_press C-q
	tui_ends "$size leaves" 0
done

# ui.language, at once and without the environment's word
tui_start 80x24 $machine -- chat "$work/parrot.gguf" --temp 0
tui_key ':'
tui_type 'settings ui.language'
tui_key Enter Enter
tui_type ko
tui_key Enter
tui_shows "the tabs are in Korean" '대화  탐색  비교  통계'
tui_shows "so is what a setting is" '프로그램의 언어'
tui_shows "the name of a setting is its name" '^ › ui.language  *ko'
tui_key u
tui_shows "and back" 'Chat  Explore  Compare'
tui_press C-q
tui_ends "and it ends as always" 0

# plain lines
mux kill-session -t t 2>/dev/null
rm -f "$work/status"
cat >"$work/run" <<-EOF
	env -i TERM=tmux-256color ACCESSIBLE=1 LC_ALL=C.UTF-8 LANGUAGE=ko PATH=/usr/bin:/bin HOME=$work \\
	    $minnow chat $work/parrot.gguf --temp 0
	echo \$? >$work/status
	read -r _
EOF
mux new-session -d -s t -x 80 -y 24 "sh $work/run"
tui_wait '^나:$'
tui_press -l ':wrong'
tui_press Enter
tui_wait '"wrong" 명령은 없습니다'
report $? "plain lines are in Korean"
tui_press -l ':quit'
tui_press Enter
poll ended
report $? ":quit leaves"
finish
