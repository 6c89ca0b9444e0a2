#!/bin/sh
# What was on the screen is there after a crash: killed in the middle of an answer, a terminal that goes away, and two
# programs at once on the same conversations.
. tests/tui/lib.sh

pid() { pgrep -f "^$minnow .*$work/" | head -n 1; }
count_done() { tr -d ' \n' | grep -o done | wc -l; }
shown() { mux capture-pane -p -t "$1" | count_done; }
gone() { ! kill -0 "$1" 2>/dev/null; }
export_last() {	# FILE: the conversation that changed last, as minnow has it
	rm -f "$work/$1"
	tui_keep=1
	tui_start 90x24 -- chat --last
	tui_type ":export $work/$1"
	tui_key Enter
	tui_press C-q
	poll ended
}

# The line above the keys counts the tokens that the frame shows: the question's six, the words before the first "done",
# and the rest.  All of these are in the file, at whatever moment the program is killed.  What is used and what is free
# add up to the window, but where the last frame is half drawn: then another try is made.
counted() {
	mux capture-pane -p -t t | sed -n 's/.*history \([0-9 ]*\) · free \([0-9 ]*\) of .*/\1;\2/p' | tr -d ' ' | {
		IFS=';' read -r used free && [ $((used + free)) -eq 200000 ] && echo "$used"
	}
}
kill_answering() {	# FRAMES: sets seen
	tui_keep=
	# Wide enough for all figures: the count of the history is the first to go.
	tui_start 140x24 -- chat "$work/endless.gguf" --temp 0 -c 200000
	tui_press -l 'go on'
	tui_press Enter
	tui_wait 'donedonedone'
	i=0
	while [ $i -lt "$1" ]; do
		capture >/dev/null
		i=$((i + 1))
	done
	p=$(pid)
	kill -KILL "$p"
	poll gone "$p"
	poll ended
	[ "$(cat "$work/status")" = 137 ] || report 1 "minnow runs until it is killed"
	seen=$(counted)
}
for round in 1 2 3 4; do
	seen=
	for _ in 1 2 3; do
		[ -n "$seen" ] || kill_answering $((round * 3))
	done
	seen=$((${seen:-0} - 6 - 26))
	export_last out.md
	kept=$(count_done <"$work/out.md")
	[ "$seen" -gt 1 ] && [ "$seen" -lt 190000 ] && [ "$kept" -ge "$seen" ]
	report $? "killed ($round): what the screen showed is kept"
	[ "$seen" -gt 1 ] && [ "$kept" -ge "$seen" ] || echo "# $seen words were shown, $kept are kept"
done
tui_start 90x24 --
tui_shows "the next start goes on with it" 'donedone'
tui_shows "and says how it ended" 'minnow ended before this answer did'
tui_press C-q
poll ended

# A terminal that goes away while the model answers.
tui_keep=
tui_start 90x60 -- chat "$work/endless.gguf" --temp 0 -c 200000
tui_press -l 'go on'
tui_press Enter
tui_wait 'donedone'
p=$(pid)
seen=$(shown t)
mux kill-session -t t
poll gone "$p"
report $? "a terminal that goes away ends the program"
export_last hup.md
[ "$(count_done <"$work/hup.md")" -ge "$seen" ]
report $? "and loses nothing of what it showed"
grep -q 'go on' "$work/hup.md"
report $? "nor the question"

# Two at once: each has its own conversation, both are kept, and each sees the other's.
tui_keep=
tui_start 90x24 -- chat "$work/parrot.gguf" --temp 0
cat >"$work/second" <<-END
	env -i TERM=tmux-256color LC_ALL=C.UTF-8 PATH=/usr/bin:/bin HOME=$work $minnow chat $work/endless.gguf --temp 0 -n 400 2>>$work/err
	read -r _
END
# A name of its own: that of the program that runs may begin with t (tmux, before it is another), which -t t would find.
mux new-session -d -s u -n second -x 90 -y 24 "sh $work/second"
second() { mux capture-pane -p -t u | grep -q "$1"; }
poll second 'Ask something'
mux send-keys -t u -l 'asked in the second'
mux send-keys -t u Enter
tui_type 'asked in the first'
tui_key Enter
tui_shows "the first answers" '^ asked in the first$'
poll second 'cut at the longest'
report $? "so does the second"
tui_hides "without a word about the file" 'not saved'
tui_key C-o
tui_shows "the first lists both" 'asked in the second'
# The same conversation in both: what one says does not undo what the other said.
mux send-keys -t u C-o
poll second 'asked in the first'
mux send-keys -t u /
mux send-keys -t u -l 'in the first'
mux send-keys -t u Enter
poll second '^ asked in the first$'
tui_key Escape
tui_type 'again in the first'
tui_key Enter
mux send-keys -t u -l 'again in the second'
mux send-keys -t u Enter
poll second 'again in the second'
tui_press C-q
poll ended
mux send-keys -t u C-q
poll gone "$(pgrep -f "^$minnow chat $work/endless" | head -n 1)"
mux kill-session -t u 2>/dev/null
tui_keep=1
tui_start 90x40 --
tui_type ":export $work/both.json"
tui_key Enter
grep -q 'again in the first' "$work/both.json" && grep -q 'again in the second' "$work/both.json"
report $? "a conversation that two went on with has both, as branches"
tui_press C-q
poll ended
finish
