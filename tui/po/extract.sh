#!/bin/sh
# Print the template of translations: every marked text of the program and of its tables.
# usage: tui/po/extract.sh            from the root of the source tree
#
# A keyword is a function that looks up the format it is given (its place in the arguments follows), a mark (_, N_,
# ngettext), or a table whose row has a sentence there.
set -eu
xgettext=${XGETTEXT:-xgettext}
keywords='_ N_ ngettext:1,2 err_set:3 err_wrap:2 say:2 log_add:2 app_note:3 runs_add:4'
tables='ACTION:3 VIEW:2 CONTEXT:3 SETTING:9 ROLE:3 THEME:2'
formats='err_set:3 err_wrap:2 say:2 log_add:2 app_note:3 runs_add:4'

out=$(mktemp)
trap 'rm -f "$out"' EXIT
extract() {	# ARGUMENT...
	"$xgettext" --language=C --from-code=UTF-8 --output="$out" --add-location=file --no-wrap --package-name=minnow \
	    --msgid-bugs-address=none --copyright-holder= --keyword --add-comments=TRANSLATORS "$@"
}

set --
for k in $keywords $tables; do
	set -- "$@" --keyword="$k"
done
for f in $formats; do
	set -- "$@" --flag="$f:c-format"
done
{
	find core registry tui -name '*.[ch]'
	find tui -name '*.def'
} | LC_ALL=C sort | extract "$@" --files-from=-
# A keyword may name only one place: the second sentence of a view, and the names of actions, which are words in hints.
extract --join-existing --keyword=VIEW:3 tui/view.def
extract --join-existing --keyword=ACTION:2 tui/action.def
# Entries without a word ("%s  %d") need no translation, unless a comment for TRANSLATORS stands before them.
sed '/^"POT-Creation-Date/d' "$out" | LC_ALL=C awk '
	BEGIN { RS = ""; ORS = "\n\n" }
	NR == 1 { print; next }
	{
		text = $0
		gsub(/(^|\n)#[^\n]*/, "", text)
		gsub(/(^|\n)(msgid|msgid_plural|msgstr(\[[01]\])?) /, "", text)
		gsub(/%[-+ 0#]*[0-9*]*(\.[0-9*]+)?(hh|h|ll|l|z|j|t)?[a-zA-Z%]/, "", text)
		gsub(/%[-+ 0#]*[0-9*]*<[A-Za-z0-9]*>/, "", text)
		gsub(/\\[a-z]/, "", text)
		if (text ~ /[A-Za-z]/ || /(^|\n)#\. TRANSLATORS/)
			print
	}'
