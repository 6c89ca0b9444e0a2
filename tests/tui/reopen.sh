#!/bin/sh
# A conversation that is opened again goes on at once: answers are those of a conversation that was never left, whatever
# became of the file; the file goes with the conversation; who wants none has none; what is open last is open first.
. tests/tui/lib.sh

states() { ls "$work/.cache/minnow/state" 2>/dev/null | grep -c '\.state$'; }
has_states() { [ "$(states)" -eq "$1" ]; }
ask() {	# QUESTION
	tui_type "$1"
	tui_key Enter
}
said() { capture | sed '/^ › Ask/,$d'; }	# without figures
log_says() {	# NAME TEXT
	tui_key F8
	tui_shows "$1" "$2"
	tui_key F2
}

tui_start 90x60 -- chat guide --temp 0
ask 'What is minnow?'
ask 'And how do I leave it?'
said >"$work/unbroken"
tui_press C-q
tui_ends "leaving" 0
has_states 1
report $? "its state is on the disk"
[ "$(stat -c %a "$work"/.cache/minnow/state "$work"/.cache/minnow/state/*.state | tr '\n' ' ')" = '700 600 ' ]
report $? "for its owner alone"

rm -rf "$work/.cache/minnow/state"
tui_start 90x60 -- chat guide --temp 0
ask 'What is minnow?'
tui_press C-q
poll ended
tui_keep=1
tui_start 90x60 --
tui_shows "what was open last is open first" '^ What is minnow?$'
log_says "its state is read" 'goes on at once: the state of [0-9]* tokens'
tui_type ':sampling temp 0'
tui_key Enter
ask 'And how do I leave it?'
said >"$work/again"
cmp -s "$work/unbroken" "$work/again"
report $? "it goes on as if it had never been left"
tui_press C-q
poll ended

# Whatever is in the file, the answer is the same.
for damage in cut garbage empty; do
	rm -f "$work"/.local/share/minnow/history.db* "$work"/.cache/minnow/state/*
	tui_keep=1
	tui_start 90x60 -- chat guide --temp 0
	ask 'What is minnow?'
	tui_press C-q
	poll ended
	file=$(ls "$work"/.cache/minnow/state/*.state)
	case $damage in
	cut) head -c 20000 "$file" >"$file.x" && mv "$file.x" "$file" ;;
	garbage) printf 'xxxxxxxxxxxxxxxx' | dd of="$file" bs=1 seek=30000 conv=notrunc 2>/dev/null ;;
	empty) : >"$file" ;;
	esac
	tui_start 90x60 --
	log_says "$damage: told in the log" 'read anew with the next question'
	ask 'And how do I leave it?'
	said >"$work/again"
	cmp -s "$work/unbroken" "$work/again"
	report $? "$damage: the answer is the same"
	tui_press C-q
	poll ended
done

# Each conversation has its own, also when one goes to and fro.
tui_keep=
rm -rf "$work/.cache/minnow/state"
tui_start 90x60 -- chat guide --temp 0
ask 'What is minnow?'
tui_type ':clear'
tui_key Enter
ask 'What is Phi?'
tui_key C-o Down Enter
tui_shows "back in the first" '^ What is minnow?$'
log_says "it goes on at once" 'goes on at once'
ask 'And how do I leave it?'
said >"$work/again"
cmp -s "$work/unbroken" "$work/again"
report $? "with the same answer"
tui_key F7
tui_type '/history.cache'
tui_key Enter
tui_shows "Settings says how much is used" 'Now [0-9.]* [kM]B of [12] conversations*\.'
tui_key Escape F2
poll has_states 2
report $? "two conversations, two files"
tui_key C-o d
poll has_states 1
report $? "a conversation that is deleted takes its file along"
tui_key Escape
tui_press C-q
poll ended

# Without leaving, it is written when nothing happens for a while; another model has its own, and the way back is short.
tui_keep=
rm -rf "$work/.cache/minnow/state"
tui_start 90x60 -- chat "$work/parrot.gguf" --temp 0
ask 'Hello'
poll has_states 1
report $? "written when nothing happens for a while"
ask 'Hello again'
tui_type ":model $work/endless.gguf"
tui_key Enter
tui_wait 'endless.gguf answers from now on'
poll has_states 1
tui_type ":model $work/parrot.gguf"
tui_key Enter
tui_wait 'parrot.gguf answers from now on'
tui_sync
log_says "another model in between: back at once" 'goes on at once'
ask 'And now?'
tui_shows "and it answers" '^ And now?$'
tui_press C-q
tui_ends "and leaves as always" 0

# Linear mode goes on, too, and says so.
tui_lines 100x60 --
tui_shows "plain lines go on where it was" '^This conversation goes on where it was'
tui_press -l ':quit'
tui_press Enter
poll ended

# Whoever set a model gets that one; settings that are given are of a new conversation.
tui_keep=1
tui_start 80x24 MINNOW_MODEL="$work/parrot.gguf" --
tui_shows "a model that was set is the one" 'parrot.gguf  f32'
tui_hides "without the conversation of another" 'What is'
ask 'Hello'
tui_press C-q
poll ended
tui_start 80x24 MINNOW_MODEL="$work/parrot.gguf" --
tui_shows "with its own, the last conversation is there" '^ Hello$'
tui_press C-q
poll ended
tui_start 80x24 -- --system brief
tui_hides "a system prompt begins a new one" '^ Hello$'
tui_press C-q
poll ended

# Nothing is written where conversations are not kept, or their state is not.
rm -rf "$work/.cache/minnow/state" "$work"/.local/share/minnow/history.db*
mkdir -p "$work/.config/minnow"
for section in '[history]\n\tsave = false\n' '[history]\n\tcache = 0\n'; do
	printf "$section" >"$work/.config/minnow/config"
	tui_start 80x24 -- chat guide --temp 0
	ask 'What is minnow?'
	tui_type ':clear'
	tui_key Enter
	tui_press C-q
	poll ended
	has_states 0
	report $? "$(printf "$section" | tail -n 1 | tr -d '\t'): nothing is written"
done
rm "$work/.config/minnow/config"
finish
