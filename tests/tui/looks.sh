#!/bin/sh
# What Downloads, Settings, Log and Help look like at three sizes, in UTF-8 and in the C locale, and that other terminals
# show the same.
. tests/tui/lib.sh

look() {	# SIZE LOCALE [NAME=VALUE...]
	size=$1 locale=$2
	shift 2
	case $locale in utf8) lc=C.UTF-8 ;; c) lc=C ;; esac
	tui_start "$size" LC_ALL=$lc "$@" -- chat "$work/parrot.gguf" --temp 0
	# The tabs are those of all views: tests/tui/views.sh looks at them.
	mask=1d
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
	[ $# -eq 0 ] || return 0		# what other terminals leave behind is not the same
	tui_press C-q
	tui_ends "$size $locale leaves" 0
}

for locale in utf8 c; do
	for size in 80x24 40x12 200x50; do
		look $size $locale
	done
done
TUI_UPDATE=
for term in screen linux xterm-mono; do
	infocmp $term >/dev/null 2>&1 || { n=$((n + 1)); echo "ok $n - terminfo does not know $term # SKIP"; continue; }
	look 80x24 utf8 TERM=$term
	look 80x24 c TERM=$term
done
finish
