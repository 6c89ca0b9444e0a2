#!/bin/sh
# Compare: two answers side by side, their figures and scores, the replay, and one pane at a time where it is narrow.
. tests/tui/lib.sh

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_key F4
tui_screen compare-first-80x24
tui_type 'Why is qsort slow?'
tui_key Enter
tui_shows "both have answered" '^ Three things cost time here: *│ Three things cost time here:$'
tui_shows "with their figures" '^ first .*/s   27 tok *│ first .*/s   27 tok$'
tui_key Tab s
tui_shows "and how much each surprises the other" 'to B 0\.00 bit/B *│ .* to A 0\.00 bit/B'
tui_key R
tui_shows "a replay ends with the whole answers" 'done *│ .*done'
tui_hides "... and is over then" 'replay [0-9.]* of'
tui_key Left
tui_shows "back in the replay" 'paused 0\.0 of'
tui_hides "... there are no answers yet" 'Three things'
tui_key Escape
tui_shows "Esc shows the answers again" 'Three things'
tui_key t
tui_shows "all at once by choice" 'all at once'
tui_key ':'
tui_type "export-comparison $work/out.md"
tui_key Enter
grep -q '^## A: parrot.gguf' "$work/out.md" && grep -q 'Three things cost time here' "$work/out.md"
report $? "the comparison is written"
tui_key x
tui_hides "one is taken out" '│'
tui_shows "the other stays" '^ A  parrot.gguf'
tui_key q
tui_shows "q goes back to the chat" 'Ask something'
tui_press C-q
tui_ends "quit leaves" 0

for size in 40x12 200x50; do
	tui_start $size -- chat "$work/parrot.gguf" --temp 0
	tui_key F4
	tui_screen compare-first-$size
	tui_type 'Why?'
	tui_key Enter Tab
	tui_shows "$size: the first answer" '^ A  parrot.gguf'
	tui_key Tab
	tui_shows "$size: the second is there" 'B  parrot.gguf'
	tui_press C-q
	tui_ends "$size: quit leaves" 0
done

tui_start 80x24 -- chat "$work/endless.gguf" --temp 0 --ctx 200000
tui_key F4
tui_type 'go on'
tui_press Enter
tui_wait '^ A  endless.gguf  answers'
tui_press Escape
tui_wait_gone 'endless.gguf .* \(answers\|waits\)'
tui_shows "Esc stops all; the second was not asked" '│ *$'
tui_press C-q
tui_ends "and it leaves" 0
finish
