#!/bin/sh
# Stats and the token lens with a real model: figures differ from run to run, the tokens do not.
. tests/tui/lib.sh

for kind in 80x24:C.UTF-8 40x12:C.UTF-8 200x50:C.UTF-8 80x24:C 40x12:C 200x50:C \
    80x24:C.UTF-8:screen 80x24:C:linux 80x24:C.UTF-8:linux 80x24:C.UTF-8:xterm-mono 80x24:C.UTF-8:xterm-256color; do
	size=${kind%%:*} locale=${kind#*:} term=tmux-256color
	case $locale in *:*) term=${locale#*:} locale=${locale%:*} ;; esac
	infocmp "$term" >/dev/null 2>&1 || { n=$((n + 1)); echo "ok $n - terminfo does not know $term # SKIP"; continue; }
	tui_start "$size" TERM="$term" LC_ALL="$locale" -- chat "$work/parrot.gguf" --temp 0
	tui_key F5
	tui_shows "$kind: nothing to show yet is said" 'No answer yet'
	tui_key F2
	tui_type 'hello'
	tui_key Enter F5
	tui_shows "$kind: the plot" '^ tokens per second'
	tui_shows "$kind: percentiles" '^ p50 [0-9.]* *p95 [0-9.]* *p99 [0-9.]* ms'
	tui_key o
	tui_shows "$kind: operations" '[a-z]  *[0-9][0-9.]*  *[0-9]* %'
	tui_key l
	tui_shows "$kind: layers" 'layer   qkv'
	tui_key m
	tui_shows "$kind: memory" 'keys and values *[0-9.]* [kM]*B'
	tui_key Tab
	tui_shows "$kind: the runs of before" 'parrot.gguf .*1 run$'
	tui_shows "$kind: with their speed" '^ 20[0-9-]* [0-9:]* *[0-9.k]*/s *27 tok'
	tui_key Tab q C-t
	tui_screen "lens-$size$([ "$locale" = C ] && echo -ascii)"
	tui_press C-q
	poll ended
done

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_key C-t
tui_shows "without an answer the lens says so" 'there is no answer yet'
tui_key q
tui_type 'hello'
tui_key Enter C-t g
tui_shows "the first token" '^ token 1 of 27'
tui_key Right
tui_shows "the next" '^ token 2 of 27'
tui_shows "was the only one left" '"things ".* 100 %  taken$'
tui_key Enter
tui_shows "what was written is no other" 'this is what was written'
tui_key Down Enter
tui_shows "another one makes a branch" '^ parrot.gguf  2/2$'
tui_hides "that goes on from there" '^ Three things cost'
tui_key C-t
tui_shows "and has its tokens" '^ token [0-9]* of '
tui_key q F5 E C-u
tui_type "$work/stats.json"
tui_key Enter
grep -q '"p95_s"' "$work/stats.json"
report $? "the figures go to a file"
tui_key F2 M-h
tui_shows "the first answer is still there" '^ Three things cost'
tui_key C-t
tui_shows "of what was brought back no tokens are kept" 'brought back'
tui_key q
tui_press C-q
tui_ends "and it ends as always" 0

# The same in plain lines.
rm -f "$work"/.local/share/minnow/history.db*
tui_lines 150x90 -- chat "$work/parrot.gguf" --temp 0
tui_line ':stats' '^There is no answer to measure yet.$'
tui_line ':lens' '^That is not possible: there is no answer yet.$'
tui_line 'hello' 'done$'
tui_line ':stats' '^Half of the tokens took no longer than'
tui_line ':by-operation' '^  gate/up: [0-9.]* milliseconds, [0-9]* percent.$'
tui_line ':by-layer' '^Layer 0, in milliseconds: qkv '
tui_line ':memory' '^Memory: weights .*, kv .*, scratch .*, total .*, file .*\.$'
tui_line ':runs' '^  1. parrot.gguf wrote 27 tokens, '
tui_line ':lens' '^The answer has 27 tokens, .* The least sure are:$'
tui_line ':lens 2' '^  1. "things ", [0-9.]* percent before the sampler, 100.00 after; this was taken.$'
tui_line ':take-token 2' '^Give the number of a choice, 1 to 10.$'
tui_line ':take-token 2 2' '^parrot.gguf: Three '
tui_wait '^You:$'
tui_press -l ':quit'
tui_press Enter
poll ended && [ "$(cat "$work/status")" -eq 0 ]
report $? "plain lines tell all of it"
finish
