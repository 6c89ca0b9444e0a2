#!/bin/sh
# Views: by key and by name, from anywhere.
. tests/tui/lib.sh

# The views by the titles of view.def, and the keys that go there.
titles=$(sed -n 's/^VIEW([a-z]*, "\([^"]*\)".*/\1/p' tui/view.def)
key_of() {
	action=$(sed -n "s/^ACTION(\([a-z_]*\), \"$(echo "$1" | tr A-Z a-z)\",.*/\1/p" tui/action.def)
	sed -n "s/^BIND(global, \"\([^\"]*\)\", $action)/\1/p" tui/keys.def | head -n 1
}
# The open view is the one whose title is bold in the first line.
opens() {
	mux capture-pane -p -e -t t | head -n 1 | grep -q "$(printf '\033')\[1[;m][^ ]* *\($(printf '\033')[^m]*m\)* *$1"
	report $? "$2"
}

tui_start 80x24 -- chat "$work/parrot.gguf"
for title in $titles; do
	[ -n "$(key_of "$title")" ] || continue
	tui_key "$(key_of "$title")"
	opens "$title" "$(key_of "$title") opens $title"
done
for from in $titles; do
	[ -n "$(key_of "$from")" ] || continue		# that of the lens works in the conversation
	tui_key "$(key_of "$from")"
	for to in $titles; do
		[ "$from" = "$to" ] && continue
		tui_key C-p
		tui_type "$to"
		tui_key Enter
		opens "$to" "the palette goes from $from to $to"
		tui_key "$(key_of "$from")"
	done
done
tui_press C-q
tui_ends "quit leaves" 0

for from in $titles; do
	[ -n "$(key_of "$from")" ] || continue
	tui_start 80x24 -- chat "$work/parrot.gguf"
	tui_key "$(key_of "$from")" C-p
	tui_type quit
	tui_press Enter
	tui_ends "the palette's quit leaves from $from" 0
done
finish
