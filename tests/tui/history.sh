#!/bin/sh
# Conversations that are kept: the list at three sizes, opening, renaming, deleting and bringing back, searching,
# branches, drafts, files; that nothing is lost when the program is killed; and the same in plain lines.
. tests/tui/lib.sh

db() { ls "$work"/.local/share/minnow/history.db >/dev/null 2>&1; }
# A model's name is its path, which differs from run to run; figures differ too.
ask() {	# QUESTION
	tui_type "$1"
	tui_key Enter
}
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_key C-o
tui_shows "an empty list says so" 'there are no conversations yet'
ask 'Why is qsort slow?'
tui_type ':clear'
tui_key Enter
ask '부산 여행 계획과 trip to Busan 그리고 아주 긴 제목'
tui_shows "a new conversation begins" '^ 부산 여행 계획과'
tui_hides "without the one before" 'qsort slow'
tui_key C-o
tui_hides "the prompt gives the keyboard away" 'Ask something'
capture | sed '/^ ›.*prompt$/,$d' >"$work/list"
tui_key Down
capture | sed '/^ › Tab/,/^   history/d' >"$work/screen"
cmp -s "$work/screen" tests/tui/history-list-80x24.screen || [ -n "${TUI_UPDATE:-}" ]
report $? "the list at 80x24"
[ -z "${TUI_UPDATE:-}" ] || cp "$work/screen" tests/tui/history-list-80x24.screen
tui_key Enter
tui_shows "opening brings it back" '^ Why is qsort slow?$'
tui_hides "and the list folds" '^ today'
tui_shows "with its figures" 'history [1-9]'

tui_key C-r
tui_shows "another answer stands beside the first" '^ parrot.gguf  2/2$'
tui_key M-h
tui_shows "the first is still there" '^ parrot.gguf  1/2$'
tui_key M-h
tui_shows "before it there is none" 'this is the first branch'
tui_key Tab Right
tui_shows "in the transcript an arrow goes on" '^ parrot.gguf  2/2$'
tui_key '['
tui_shows "or a bracket back" '^ parrot.gguf  1/2$'
tui_key ']'
tui_key e
tui_shows "a question can be edited" 'question 1 is asked anew'
tui_shows "its text is in the prompt" '^ › Why is qsort slow?$'
tui_key Escape
tui_hides "Esc leaves it" 'is asked anew'
tui_shows "and the prompt is empty" '^ › Ask something$'
tui_key M-e
ask ' Really?'
tui_shows "the edited question is a branch" '^ You  2/2$'
tui_shows "with its text" '^ Why is qsort slow? Really?$'
ask 'And now?'
tui_key PageUp PageUp M-h
tui_shows "the other branch has what was said in it" '^ parrot.gguf  2/2$'
tui_hides "and not what was said here" 'And now'
tui_key M-l
tui_key 'M->'
tui_shows "and the way back leads there" '^ And now?$'
tui_key C-o
tui_shows "branches are a small tree below the title" '^   ├ Why is qsort slow? *│'
tui_shows "answers below their question" '^   │ └ Three things'
tui_key Down Enter
tui_hides "Enter opens one" 'And now'
tui_shows "where it was left" '^ parrot.gguf  2/2$'
tui_key C-o Down Down Down Down
tui_shows "the last one is the other question" '^ › └ Why is qsort slow'
tui_key Enter
tui_shows "and leads back" '^ And now?$'

tui_key C-o r C-u
tui_type 'qsort, 한국어'
tui_key Enter
tui_shows "renamed" '^ › qsort, 한국어 *│'
tui_key d
tui_shows "deleted" 'deleted "qsort, 한국어": u brings it back'
tui_hides "it is gone from the list" '^ . qsort, 한국어'
tui_shows "and from the screen" 'Ask it anything'
tui_key u
tui_shows "brought back" '^ › qsort, 한국어 *│'
tui_shows "and open again" '│ And now?$'
tui_key /
tui_type 'busan'
tui_shows "search finds by part of a text" '^ › 부산 여행'
tui_hides "and leaves out the others" '^ . qsort, 한국어'
tui_key C-u
tui_type '나뉩'
tui_shows "words of two letters are found in the answers" '나뉩니다'
tui_key C-u
tui_type 'no such word'
tui_shows "nothing found is said" '^ nothing found'
tui_key C-u
tui_type 'now?'
tui_key Enter
tui_shows "Enter opens what was found" '^ And now?$'
tui_key C-o
tui_key e C-u
tui_type "$work/out.json"
tui_key Enter
tui_shows "written to a file" '^ written to '
tui_key i
tui_type 'a draft 한국'
tui_press C-q
tui_ends "leaving" 0
db && [ "$(stat -c %a "$work/.local/share/minnow/history.db" 2>/dev/null || echo 600)" = 600 ]
report $? "nobody else may read it"

tui_keep=1
for size in 40x12 200x50; do
	tui_start $size -- chat "$work/parrot.gguf" --temp 0
	[ $size = 200x50 ] || tui_key C-o
	capture | sed '/^ › Tab/d; /^   history/d' >"$work/screen"
	[ $size = 200x50 ] && capture >"$work/screen"
	cmp -s "$work/screen" tests/tui/history-list-$size.screen || [ -n "${TUI_UPDATE:-}" ]
	report $? "the list at $size"
	[ -z "${TUI_UPDATE:-}" ] || cp "$work/screen" tests/tui/history-list-$size.screen
	tui_press C-q
	poll ended
done

tui_start 80x24 -- chat --last
tui_shows "--last goes on where it was" '^ And now?$'
tui_shows "with its model" 'parrot.gguf  f32  unverified$'
tui_shows "what was being written is there" '^ › a draft 한국$'
tui_key C-u
ask 'Again?'
mux kill-session -t t
tui_start 80x24 -- chat --last
tui_shows "a terminal that goes away loses nothing" '^ Again?$'
tui_press C-q
poll ended
tui_start 80x24 -- chat --import "$work/out.json"
tui_shows "an exported conversation can be taken in" '^ And now?$'
tui_key PageUp PageUp
tui_shows "with its branches" '^ You  2/2$'
tui_press C-q
poll ended

# Killed in the middle of an answer.
tui_keep=
tui_start 80x24 -- chat "$work/endless.gguf" --temp 0 -c 262144
tui_press -l 'go on'
tui_press Enter
tui_wait 'donedonedone'
pid=$(mux list-panes -t t -F '#{pane_pid}')
kill -KILL "$(ps -o pid= --ppid "$pid" 2>/dev/null | head -n 1 || pgrep -P "$pid")"
poll ended
tui_keep=1
tui_start 80x24 -- chat --last
tui_shows "killed, the answer is there as far as it was seen" 'donedonedone'
tui_shows "and says how it ended" 'minnow ended before this answer did'
tui_press C-q
poll ended

# A file that is no database: said, and the chat works.
echo 'no database at all, and long enough to be looked at as one: ....................................................' \
	>"$work/.local/share/minnow/history.db"
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_shows "a damaged file is a sentence" 'conversations are not saved: history.db is damaged'
ask 'Does it work?'
tui_shows "the chat goes on" '^ Does it work?$'
tui_key C-r
tui_shows "with branches even" '^ parrot.gguf  2/2$'
tui_press C-q
tui_ends "and it ends as always" 0
grep -q 'no database at all' "$work/.local/share/minnow/history.db"
report $? "the file is left alone"

# Who wants nothing kept has it so.
tui_keep=
mkdir -p "$work/.config/minnow"
printf '[history]\n\tsave = false\n' >"$work/.config/minnow/config"
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
ask 'A secret'
tui_key C-o
tui_shows "without saving, the list is of this time" '^ › A secret'
tui_press C-q
poll ended
! db
report $? "and nothing is on the disk"
rm "$work/.config/minnow/config"

# The same in plain lines.
rm -f "$work"/.local/share/minnow/history.db*
tui_lines 100x60 -- chat "$work/parrot.gguf" --temp 0
tui_line ':chats' '^There are no conversations yet.$'
tui_line 'first question' 'done$'
answered() { [ "$(capture | grep -c 'done$')" -eq "$1" ]; }
tui_line ':regenerate' '^You: :regenerate$'
poll answered 2
tui_line ':previous-branch' '^parrot.gguf: (1 of 2) Three things'
tui_line ':edit 1 another one' '^You: :edit 1 another one$'
tui_line ':previous-branch' '^You: (1 of 2) first question$'
tui_line ':clear' '^A new conversation begins.$'
tui_line 'second question' '^You: second question$'
tui_line ':chats' '^  2\. first question (today)\.$'
report 0 "plain lines list them by number"
tui_line ':open-chat 2' '^This is "first question", with parrot.gguf.$'
tui_line ':rename-chat new title' '^It is renamed.$'
tui_line ':find-chat second' '^  1\. second question (today)\. It says: '
tui_line ':delete-chat 1' '^It is deleted. :undelete-chat brings it back.$'
tui_line ':find-chat second' '^Nothing was found.$'
tui_line ':undelete-chat' '^The conversation deleted last is back'
tui_line ":export $work/out.md" '^It is written to '
grep -q '^# new title$' "$work/out.md" && grep -q '^first question$' "$work/out.md"
report $? "and write them to files"
tui_line ':open-chat 7' '^Give a number of the list'
tui_press -l ':quit'
tui_press Enter
poll ended && [ "$(cat "$work/status")" -eq 0 ]
report $? "and leave"
finish
