#!/bin/sh
# Compare: words that differ, answers without names, votes and what becomes of them, models with settings of their own.
. tests/tui/lib.sh
mask='s/first [^│]*/FIRST /g; s/[0-9.]* MB · to [^│]*/COSTS /g; s/[0-9.]* [kM]B *\(│\|$\)/COSTS \1/g'
db=$work/.local/share/minnow/history.db
votes() { sqlite3 "$db" "$1" 2>/dev/null; }
is() { [ "$1" = "$2" ]; }
# The screen with its looks: a word that is underlined is in ESC[…4…m.
marked() { mux capture-pane -p -e -t t | grep -aq "$(printf '\033')\[[0-9;]*4[0-9;m]*[^ ]*$1"; }
compare_two() {	# the parrot, and one that says something else
	tui_key F4 :
	tui_type "compare $work/parrot.gguf?max-tokens=9 $work/parrot.gguf?max-tokens=12 $work/thinks.gguf"
	tui_key Enter
	tui_shows "$1: three models are taken" "$2"
}

for size in 80x24 40x12 200x50; do
	case $size in
	40x12) wide=; first='^ A  ' ;;
	*) wide=1; first='^ A .*│ B .*│ C  thinks.gguf' ;;
	esac
	tui_start $size -- chat "$work/parrot.gguf" --temp 0 --seed 7
	compare_two "$size" "$first"

	# Words.
	tui_type 'Why is qsort slow?'
	tui_key Enter
	tui_key Tab
	tui_shows "$size: they have answered" 'Three things'
	! marked inlined
	report $? "$size: no word is marked before"
	tui_key w
	marked things
	report $? "$size: words that another answer has not are marked"
	tui_screen compare-words-$size
	tui_key w
	! marked things
	report $? "$size: and no longer"

	# Without names.
	tui_key b
	tui_shows "$size: b says what happens" 'from the next question on'
	tui_shows "$size: these answers keep their names" 'A  parrot'
	[ -n "$wide" ] && tui_key Tab Tab
	[ -n "$wide" ] || tui_key Tab Tab
	tui_key Tab
	tui_type 'And how is it sorted?'
	tui_key Enter Tab
	tui_shows "$size: the answers are there" 'A  hidden'
	tui_hides "$size: the names are not" 'gguf'
	tui_hides "$size: nor the figures" '/s '
	tui_screen compare-blind-$size
	tui_key s
	tui_shows "$size: scores would tell" 'would give the models away'
	tui_key R
	tui_shows "$size: so would a replay" 'would give the models away'
	tui_key ':'
	tui_type "export-comparison $work/blind.md"
	tui_key Enter
	grep -q '^## A$' "$work/blind.md" && ! grep -q -e gguf -e tokens "$work/blind.md"
	report $? "$size: the file has no names and no figures"
	tui_key 4
	tui_shows "$size: there is no fourth" 'there are only 3 answers'
	tui_key 2
	tui_shows "$size: a vote is told with its topic" 'Your vote: B, '
	tui_key Tab Tab Tab Tab
	tui_screen compare-voted-$size
	tui_key r
	tui_shows "$size: nothing is left to reveal" 'shown already'
	tui_key :
	tui_type 'vote-2 Sorting'
	tui_key Enter
	tui_shows "$size: a topic of one's own" 'Topic: sorting'

	# The next: even, and revealed.
	tui_key Tab Tab Tab
	tui_type 'hello'
	tui_key Enter Tab
	tui_shows "$size: hidden again" 'A  hidden'
	tui_key r
	tui_shows "$size: r shows them" 'gguf'
	tui_key 0
	tui_shows "$size: none is better" 'Your vote: none is better\. Topic:'
	tui_key T
	tui_screen compare-ratings-$size
	tui_key G PgUp
	tui_shows "$size: ratings by topic" '^ sorting  1 vote, 1 blind$'
	tui_key g
	tui_shows "$size: they scroll" '^ all topics  2 votes, 1 blind$'
	tui_key T
	tui_hides "$size: T closes them" 'all topics'
	tui_key T q
	tui_hides "$size: so does q" 'all topics'
	tui_press C-q
	tui_ends "$size: quit leaves" 0
	command -v sqlite3 >/dev/null || continue
	is "$(votes 'SELECT topic, blind, winner FROM votes ORDER BY id' | tr '\n' ' ')" 'sorting|1|1 general|0|-1 '
	report $? "$size: two votes are kept"
	is "$(votes "SELECT count(*) FROM vote_answers WHERE digest GLOB '$(printf '[0-9a-f]%.0s' 1 2 3 4)*'")" 6
	report $? "$size: with the hashes of the files"
	is "$(votes 'SELECT DISTINCT prompt FROM votes ORDER BY id' | tr '\n' '|')" 'And how is it sorted?|hello|'
	report $? "$size: and the prompts"
	is "$(votes "SELECT DISTINCT model || ' ' || settings FROM vote_answers ORDER BY 1" | tr '\n' '|')" \
		'parrot.gguf max-tokens=12|parrot.gguf max-tokens=9|thinks.gguf |'
	report $? "$size: and the settings"
done

# Without lines and marks of Unicode, and without colours.
tui_start 80x24 LC_ALL=C NO_COLOR=1 -- chat "$work/parrot.gguf" --temp 0 --seed 7
compare_two "ASCII" '^ A .*| B .*| C  thinks.gguf'
tui_type 'Why?'
tui_key Enter
tui_wait 'C  thinks.gguf *$'
tui_key Tab w 3
tui_screen compare-ascii-80x24
marked things
report $? "without colours a word that differs is underlined"
tui_key s
tui_wait 'KL to B 0'
tui_shows "where it leaves the first answer, and with what" 'unlike A from token 10 "'
tui_key :
tui_type "add-to-compare $work/parrot.gguf"
tui_key Enter
tui_wait 'D  parrot.gguf *$'
tui_key 1
tui_shows "who was not asked" 'D was not asked yet: ask again, then vote'
tui_press C-q
tui_ends "quit leaves" 0

# Very low: the answer stays, rules and figures go.
tui_start 24x6 -- chat "$work/parrot.gguf" --temp 0
tui_key F4
tui_type 'Why?'
tui_key Enter
tui_wait 'done$'
tui_key Tab s
tui_wait 'Compare'
tui_screen compare-low-24x6
tui_press C-q
tui_ends "quit leaves" 0

# An order of its own for each question: over some, every model stands in every place.
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0 --seed 7
tui_key F4 Tab b Tab Tab
for q in a b c d e f g h; do
	tui_type "$q"
	tui_key Enter Tab
	tui_key r
	capture | sed -n 's/^ A  \([^│]*[^│ ]\) .*/\1/p'
	tui_key Tab Tab
done >"$work/order"
grep -q temp "$work/order" && grep -qv temp "$work/order"
report $? "either model comes first at times"
tui_key Tab 3
tui_shows "a vote needs an answer" 'there are only 2 answers'
tui_press C-q
tui_ends "quit leaves" 0

# From the command line, without a prompt.
tui_start 80x24 -- compare "$work/parrot.gguf?max-tokens=9" "$work/thinks.gguf"
tui_shows "minnow compare MODEL MODEL opens Compare with them" '^ A  parrot.gguf  max-tokens=9 .*│ B  thinks.gguf$'
tui_press C-q
tui_ends "quit leaves" 0

# Votes with no history.
tui_start 80x24 MINNOW_CONFIG=x -- chat "$work/parrot.gguf" --temp 0
tui_key F4 Tab T
tui_shows "no votes yet: what to do" 'No votes yet\. Ask something'
tui_key q 1
tui_shows "nothing to vote on" 'there are no answers yet'
tui_key :
tui_type 'compare guide?warmth=1'
tui_key Enter
tui_shows "an unknown setting is named" 'there is no setting "warmth"'
tui_key :
tui_type "add-to-compare $work/parrot.gguf?top_k=3"
tui_key Enter
tui_shows "one more by name" 'parrot.gguf  top-k=3'
tui_key :
tui_type 'compare gui'
tui_key Tab
tui_shows "names of models are completed" '^ :compare guide$'
tui_key Escape
mouse() { tui_press -l "$(printf '\033[<%s;%s;%sM\033[<%s;%s;%sm' "$1" "$2" "$3" "$1" "$2" "$3")"; }
mouse 0 5 22
tui_wait '^ Enter send'
report 0 "a click gives the keyboard to the prompt"
tui_type 'hello'
tui_press Enter
tui_wait '31mdone .*31mdone .*31mdone'
tui_hides "not its beginning" 'Three things'
mouse 0 40 5
tui_wait '^ Tab next'
report 0 "a click gives it to an answer"
mouse 64 5 5
mouse 64 5 5
tui_wait '^ Three things cost time   │ [^T]'
report 0 "the wheel scrolls what is under the pointer"
tui_press C-q
tui_ends "quit leaves" 0
finish
