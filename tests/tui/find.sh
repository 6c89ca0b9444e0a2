#!/bin/sh
# Finding words in the transcript: as they are typed, next and previous, over the end, letters of either case, marks of
# Markdown and ends of rows, the count, other widths, and that a long conversation does not make one wait.
. tests/tui/lib.sh

# A conversation of N questions with an answer each; the third and the last have what is looked for.
conversation() {	# N LINES-AN-ANSWER
	awk -v n="$1" -v lines="$2" 'BEGIN {
		printf "{\"minnow\": \"conversation\", \"version\": 1, \"title\": \"long\", \"messages\": ["
		for (i = 0; i < 2 * n; i++) {
			printf "%s{\"parent\": %s, \"role\": \"%s\", \"text\": \"", i ? "," : "", i ? i - 1 : "null", i % 2 ? "assistant" : "user"
			if (i == 4)
				printf "Where is the needle?"
			else if (i == 5)
				printf "The nee**dle** is here, the NEEDLE too, \\n\\n```c\\nint needle;\\n```\\n한국어 바늘 and a line that is long enough to be laid out in two rows of eighty columns, so that words meet the end"
			else if (i == 2 * n - 1)
				printf "the last needle"
			else if (i % 2 == 0)
				printf "question %d", i / 2
			else
				for (k = 1; k <= lines; k++)
					printf "line %d of answer %d%s", k, (i - 1) / 2, k < lines ? "\\n" : ""
			printf "\"}"
		}
		printf "], \"chosen\": %d}\n", 2 * n - 1
	}'
}
conversation 40 3 >"$work/short.json"

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0 --import "$work/short.json"
tui_shows "the end is shown" '^ the last needle$'
tui_key Tab
tui_key n
tui_shows "without words there is nothing to go to" 'nothing was looked for yet'
tui_key /
tui_type n
tui_shows "marked while one types" 'n [0-9 ]* of [0-9 ]* ─'
tui_type eedle
tui_screen find-typing-80x24
tui_key Up
tui_shows "up goes to the one before" 'needle 4 of 5 ─'
tui_shows "which is shown" '^ *int needle;$'
tui_key Down
tui_shows "down comes back" 'needle 5 of 5 ─'
tui_key Enter
tui_shows "Enter leaves the marks" 'needle 5 of 5 ─'
tui_key n
tui_shows "after the last comes the first" 'needle 1 of 5 ─'
tui_shows "and that is said" 'past the end, on from the beginning'
tui_shows "with its text" '^ Where is the needle?$'
tui_key n
tui_screen find-found-80x24
mux capture-pane -p -e -t t >"$work/marked"
grep -aq '\[[0-9;]*7[0-9;]*m\(.\[[0-9;]*m\)*nee' "$work/marked" &&
	grep -aq '\[[0-9;]*4[0-9;]*m\(.\[[0-9;]*m\)*NEEDLE' "$work/marked"
report $? "the one that is looked at is turned around, the others are underlined"
tui_key N
tui_shows "N goes back" 'needle 1 of 5 ─'
tui_key N
tui_shows "before the first comes the last" 'needle 5 of 5 ─'
tui_shows "which is said too" 'past the beginning, on from the end'
tui_key g
tui_key n
tui_shows "scrolled away, it goes on from the screen" 'needle 1 of 5 ─'
mux resize-window -t t -x 40 -y 24
tui_wait '^─\{20\}.* needle 1 of 5 ─'
tui_shows "another width keeps the place in sight" '^ Where is the needle?$'
mux resize-window -t t -x 80 -y 24
tui_wait '^─\{50\}.* needle 1 of 5 ─'
tui_key Escape
tui_hides "Esc takes the marks away" 'needle 1 of 5'
tui_shows "and stays" '^ Where is the needle?$'
tui_key /
tui_type NEEDLE
tui_shows "a capital means itself" 'NEEDLE 1 of 1 ─'
tui_key C-u
tui_type '바늘'
tui_shows "Korean is found" '바늘 1 of 1 ─'
tui_key C-u
tui_type 'so that words meet'
tui_shows "words are found over the end of a row" 'so that words meet 1 of 1 ─'
tui_key C-u
tui_type 'no such words'
tui_shows "what is not there is said not to be" 'no such words not there ─'
tui_key Escape
tui_hides "Esc forgets it" 'no such words'
tui_shows "and stays where one was" '^ Where is the needle?$'
tui_key / Enter
tui_shows "without words it looks for the last ones" 'needle [0-9] of 5 ─'
tui_key i
tui_type ':find line 2 of answer 7'
tui_shows "typed into the prompt it is a command" 'Find words'
tui_key Enter
tui_shows "which takes words" 'line 2 of answer 7 1 of 1 ─'
tui_shows "and shows the place" '^ line 2 of answer 7$'
tui_press C-q
tui_ends "quit" 0

mkdir -p "$work/.config/minnow"
printf '[ui]\n\tediting = vim\n' >"$work/.config/minnow/config"
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0 --import "$work/short.json"
tui_key Escape
tui_type '/needle'
tui_key Enter
tui_shows "with vim's keys it begins in the prompt" 'needle 5 of 5 ─'
tui_type N
tui_shows "and goes on in the transcript" 'needle 4 of 5 ─'
tui_press C-q
tui_ends "quit" 0
rm -r "$work/.config"

# The same in plain lines.
tui_lines 100x40 -- chat "$work/parrot.gguf" --temp 0 --import "$work/short.json"
tui_line ':find needle' '^4 lines have it:$'
tui_shows "plain lines print all lines, with who said them" '^  [0-9]\. Question 3: Where is the needle?$'
tui_line ':find NEEDLE' '^1 line has it:$'
tui_line ':find no such words' 'is not in this conversation.$'
tui_line ':find NEEDLE' '^1 line has it:$'
tui_line ':find-next' '^Line 1 of 1. '
tui_press -l ':quit'
tui_press Enter

# 100 000 lines: what is measured is only that it comes to an end.
conversation 100 2000 >"$work/long.json"
tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0 --import "$work/long.json"
tui_key Tab
tui_type '/line 1999 of answer 77'
tui_key Enter
tui_shows "words are found in a conversation of 200 000 lines" 'line 1999 of answer 77 1 of 1 ─'
tui_key /
tui_type 'line'
tui_shows "and counted" 'line [0-9 ]* of 100 000 and more ─'
tui_key Escape
tui_press C-q
tui_ends "quit" 0
finish
