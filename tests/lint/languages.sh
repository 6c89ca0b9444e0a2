# Translations: what a person reads is marked, and every language has all of it.
. tests/lint/lib.sh

texts() {	# WHAT: the msgids of a catalogue but its header; a long one begins in the line after
	awk -v what="$1" '/^msgid ""$/ { if (getline > 0 && /^"/ && !/^"Project-Id/) print what ": " $0; next }
	    sub(/^msgid /, "") { print what ": " $0 }'
}

python3 tests/lint/unmarked.py $(sources tui) >"$found"
check "what is drawn or said is marked for the translators"

if command -v xgettext >/dev/null && command -v msgfmt >/dev/null && command -v msgmerge >/dev/null; then
	sh tui/po/extract.sh >"$work/template" 2>"$found"
	grep -v 'warning: ' "$found" >"$work/errors"
	cp "$work/errors" "$found"
	check "the template can be made"
	for po in tui/po/*.po; do
		msgfmt -c --check-format -o /dev/null "$po" 2>&1 || echo "$po is not correct"
		# What is new in the program, or was said otherwise before.
		msgmerge --quiet --no-fuzzy-matching -o "$work/merged" "$po" "$work/template" 2>&1
		msgattrib --untranslated --no-wrap "$work/merged" | texts "$po: not translated"
		msgattrib --only-fuzzy --no-wrap "$po" | texts "$po: to be looked at (fuzzy)"
		msgattrib --only-obsolete --no-wrap "$work/merged" | sed 's/^#~ //' | texts "$po: said no more (run \`make po\`)"
	done >"$found"
	check "translations are complete and correct (make po, then tui/po/*.po)"
else
	skip "the template can be made" "gettext is not installed"
	skip "translations are complete and correct" "gettext is not installed"
fi

for l in $(ls tui/po/*.po | sed 's|.*/\(.*\)\.po|\1|'); do
	[ -f "man/$l/man1/minnow.1" ] || echo "man/$l/man1/minnow.1 is missing"
	for c in $(sed -n 's/^CMD(\(.*\))$/\1/p' tui/cmd/cmd.def); do
		grep -q "^\.It Ic $c\b" "man/$l/man1/minnow.1" || echo "man/$l/man1/minnow.1 does not name the command $c"
	done
done >"$found"
check "every language has its page of the manual, which names every command"
finish
