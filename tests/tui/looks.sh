#!/bin/sh
# What Downloads, Settings, Log and Help look like at three sizes, in UTF-8 and in the C locale.
. tests/tui/lib.sh
# The tabs are those of all views: tests/tui/views.sh looks at them.
mask=1d

for locale in utf8 c; do
	case $locale in utf8) lc=C.UTF-8 ;; c) lc=C ;; esac
	for size in 80x24 40x12 200x50; do
		tui_start $size LC_ALL=$lc -- chat "$work/parrot.gguf" --temp 0
		tui_key F6
		tui_screen "downloads-empty-$size-$locale"
		tui_key ':'
		tui_type 'download no-such-model'
		tui_key Enter
		tui_key F6
		tui_screen "downloads-failed-$size-$locale"
		tui_key F7 Down Down
		tui_screen "settings-$size-$locale"
		tui_key F8
		mask='1d;s/[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/HH:MM:SS/'
		tui_screen "log-$size-$locale"
		mask=1d
		tui_key F1
		tui_screen "help-$size-$locale"
		mask=
		rm -f "$work/.local/share/minnow/downloads"
		tui_press C-q
		tui_ends "$size $locale leaves" 0
		mask=1d
	done
done
finish
