#!/bin/sh
# What the chat, its list, Explore, Compare and Stats look like at three sizes, in UTF-8 and in the C locale, with wide text;
# and that other terminals show the same.
. tests/tui/lib.sh
machine=MINNOW_MACHINE=8000000000,27000000000,23400000000
# The tabs are those of all views; speeds and sizes of what is in memory differ from run to run.
moving='1d;s/ *prompt [0-9].*$//;s/ *answer [0-9].*$//'
mask=$moving

for locale in utf8 c; do
	case $locale in utf8) lc=C.UTF-8 ;; c) lc=C ;; esac
	for size in 80x24 40x12 200x50; do
		tui_start $size LC_ALL=$lc $machine -- chat "$work/parrot.gguf" --temp 0 --threads 2
		tui_key F3
		tui_screen "looks-explore-$size-$locale"
		tui_key F4
		tui_screen "looks-compare-$size-$locale"
		tui_key F5
		tui_screen "looks-stats-$size-$locale"
		tui_key F2
		tui_type 'qsort? 한국어 中文 é 👨‍👩‍👧'
		tui_key Enter
		tui_screen "looks-chat-$size-$locale"
		tui_key C-o
		tui_screen "looks-chats-$size-$locale"
		mask=
		tui_press C-q
		tui_ends "$size $locale leaves" 0
		mask=$moving
	done
done

# The same cells, whatever draws them.
for term in xterm-256color screen linux xterm-mono; do
	infocmp $term >/dev/null 2>&1 || { n=$((n + 1)); echo "ok $n - terminfo does not know $term # SKIP"; continue; }
	for locale in utf8 c; do
		case $locale in utf8) lc=C.UTF-8 ;; c) lc=C ;; esac
		tui_start 80x24 TERM=$term LC_ALL=$lc $machine -- chat "$work/parrot.gguf" --temp 0 --threads 2
		for view in F3:explore F4:compare F5:stats; do
			tui_key ${view%:*}
			TUI_UPDATE= tui_screen "looks-${view#*:}-80x24-$locale"
		done
		tui_key F2
		tui_type 'qsort? 한국어 中文 é 👨‍👩‍👧'
		tui_key Enter
		TUI_UPDATE= tui_screen "looks-chat-80x24-$locale"
	done
done
finish
