#!/bin/sh
# Compare in plain lines: every function by name, in whole sentences.
. tests/tui/lib.sh
is() { [ "$1" = "$2" ]; }
prompts() { capture | grep -v '^$' | tail -n 1 | grep -q '^\(All\|You\|Choice\):$'; }
say() {	# NAME LINE TEXT: what is typed, and what the screen shows then
	poll prompts || report 1 "it asks for a line"
	tui_line "$2" "$3"
	report 0 "$1"
}
# Files that nobody met before would be asked about.
for model in parrot endless thinks; do
	echo hello | HOME=$work "$minnow" chat "$work/$model.gguf" --temp 0 --max-tokens 1 >/dev/null 2>&1
done

tui_lines 100x60 ACCESSIBLE=1 -- chat "$work/parrot.gguf" --temp 0 --seed 7
say "what is not open is told" ':blind' '^Type :compare first\.$'
say "without names: the model as it is, and with another setting" ':compare' '^  2\. B, parrot\.gguf temp=0\.7\.$'
tui_shows "the prompt says who is asked" '^All:$'
say "others by name" ":compare $work/parrot.gguf?max-tokens=9 $work/thinks.gguf" '^  2\. B, thinks\.gguf\.$'
say "one more" ":add-to-compare $work/parrot.gguf" '^  3\. C, parrot\.gguf\.$'
say "one that is not there" ":compare $work/parrot.gguf no-such-model" '^There is no model "no-such-model"'
tui_wait '^  3\. C, parrot\.gguf\.$'
say "too many" ":compare guide guide guide guide guide" '^At most 4 answers stand side by side\.$'
say "again" ":compare $work/parrot.gguf?max-tokens=9 $work/thinks.gguf $work/parrot.gguf" '^  3\. C, parrot\.gguf\.$'
say "no vote without answers" ':vote-1' '^There are no answers yet\.$'
say "nor words" ':word-difference' '^That is not possible: there are no answers yet\.$'
say "all answer" 'Why is qsort slow?' '␛\[31mdone'
tui_wait '^(27 tokens; the first came after'
tui_shows "each with its name" '^B, thinks\.gguf: Hello, I look\.$'
tui_shows "and its figures" '^(9 tokens; the first came after [0-9.]* seconds, the others at [0-9.]* in a second\.)$'
say "words" ':word-difference' '^Only in C: .*"inlined'
tui_shows "of each" '^Only in B: "Hello, I look'
say "scores" ':cross-score' '^Along answer C, what A expects is 0\.0000 nats a token away; both find the same'
tui_shows "surprise in bits" '^Answer A surprises B by [0-9.]* bits a byte; A itself by 0\.00\.$'
tui_shows "where they part" '^A and C part at token 10\.$'
say "a vote" ':vote-3' '^Your vote: C, parrot\.gguf\. Topic: code (:vote-3 WORD files it under another)\.$'
say "another topic" ':vote-3 Sorting' 'Topic: sorting '
say "blind" ':blind' '^From the next question on the models are hidden'
say "answers without names" 'hello' '^Type :vote-1 to :vote-3 for the best answer, :vote-none when none is better, or :reveal\.$'
tui_shows "letters only" '^[ABC]: Hello, I look\.$'
say "no scores then" ':cross-score' '^That would give the models away'
say "reveal" ':reveal' '^  3\. C, '
say "none is better" ':vote-none' '^Your vote: none is better\. Topic: general'
say "ratings" ':ratings' '^All topics: 2 votes, 0 of them blind\.$'
tui_shows "in sentences" '^  1\. parrot\.gguf: 1[0-9]* points, give or take [0-9]*; best in 1 of 2 votes, even in 1\.$'
tui_shows "by topic" '^Topic sorting: 1 vote, 0 of them blind\.$'
say "all at once" ':together' '^The models answer all at once\.$'
say "a file" ":export-comparison $work/c.json" '^Written to .*c\.json\.$'
grep -q '"text": "Hello, I look' "$work/c.json"
report $? "it is JSON"
say "one is taken out" ':remove-from-compare 1' '^  2\. [AB], .*\.$'
say "which one" ':remove-from-compare 7' '^Say the number of the model: 1 to 2\.$'
say "the screen's own" ':replay' 'has no meaning in plain lines'
say "help" ':help 5' ':word-difference\. Mark the words'
say "back to the conversation" ':chat' '^Questions go to the conversation again\.$'
say "which answers" 'hello' '^parrot\.gguf: Three things'
tui_press -l ':quit'
tui_press Enter
poll ended && is "$(cat "$work/status")" 0
report $? ":quit leaves"

# What was voted is there for scripts.
HOME=$work $minnow compare --ratings --json >"$work/out" 2>"$work/err"
is "$(grep -c '"topic": ' "$work/out")" 2 && grep -q '"votes": 2,' "$work/out" && grep -Eq '"sha256": "[0-9a-f]{64}"' "$work/out"
report $? "minnow compare --ratings --json"
HOME=$work $minnow compare --ratings >"$work/out" 2>"$work/err"
is "$(grep -c "^sorting$(printf '\t')" "$work/out")" 3 && is "$(grep -c "^all topics$(printf '\t')" "$work/out")" 3
report $? "minnow compare --ratings, a line for each model of a topic"

# Ctrl-C stops the answers, not the program.
tui_lines 100x60 ACCESSIBLE=1 -- chat "$work/endless.gguf" --temp 0 --ctx 200000
say "two that do not end" ':compare' '^  2\. B, '
tui_press -l 'go on'
tui_press Enter
tui_wait 'done.*done'
tui_press C-c
tui_wait '^All:$'
tui_press -l ':quit'
tui_press Enter
poll ended && is "$(cat "$work/status")" 0
report $? "Ctrl-C stops the answers, :quit leaves"
finish
