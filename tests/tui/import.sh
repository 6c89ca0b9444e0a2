#!/bin/sh
# Conversations of files, in the list of conversations: asked for with I or by name, of other programs too, what is wrong with
# a file, and the same on the command line and in plain lines.
. tests/tui/lib.sh

cat >"$work/other.json" <<'JSON'
[{"title": "soup", "chat": {"models": ["chef"], "messages": [
  {"role": "user", "content": "How long does soup cook?"},
  {"role": "assistant", "content": "An hour.\u001b[2J", "model": "chef"}]}},
 {"title": "bread", "messages": [{"role": "user", "content": "And bread?"}, {"role": "tool", "content": "oven"},
  {"role": "assistant", "content": [{"type": "text", "text": "Less."}]}]}]
JSON
cat >"$work/llm.json" <<'JSON'
[{"id": "1", "model": "m", "prompt": "What is said to llm?", "response": "This.", "conversation_id": "x"}]
JSON
printf '{"messages": [{"role": "root"}]}' >"$work/bad.json"

tui_start 80x24 -- chat "$work/parrot.gguf" --temp 0
tui_type ":import-chat $work/other.json"
tui_key Enter
tui_shows "what was read is told" '2 conversations were read from .*other.json: 4 messages'
tui_shows "and what was not" 'part that is no text was left out'
tui_shows "they are in the list" '^ . soup'
tui_shows "both" '^ . bread'
tui_key Down
tui_key Up Enter
tui_wait '^ How long does soup cook?$\|^ And bread?$'
tui_shows "and open" '^ chef$\|^ Less.$'
tui_hides "harmless" "$(printf '\033')"
tui_key C-o I
tui_shows "I asks for a file" '^ read from'
tui_type "$work/llm.json"
tui_key Enter
tui_shows "what llm wrote is read" '1 conversation was read from .*llm.json: 2 messages'
tui_key Enter
tui_shows "and opened" '^ What is said to llm?$'
tui_key C-o I
tui_type "$work/bad.json"
tui_key Enter
tui_shows "what is wrong is said in one sentence" 'conversation 1, message 1: "role" is neither'
tui_key I
tui_type "$work/no-such-file.json"
tui_key Enter
tui_shows "a file that is not there too" 'no-such-file.json: '
tui_key I Escape
tui_hides "Esc asks no more" '^ read from'
tui_key Escape
tui_type ":import-chat $work/llm"
tui_key Tab
tui_shows "names of files are completed" 'llm.json$'
tui_key Escape
tui_press C-q
tui_ends "quit" 0

tui_start 80x24 -- chat "$work/parrot.gguf" --import "$work/other.json"
tui_shows "on the command line the first is opened" '^ How long does soup cook?$'
tui_shows "and all are told of" '2 conversations were read from .*other.json: 4 messages'
tui_press C-q
tui_ends "quit" 0

# The same in plain lines.
tui_lines 100x60 -- chat "$work/parrot.gguf" --temp 0
tui_line ":import-chat $work/llm.json" '^1 conversation was read from .*llm.json: 2 messages'
tui_line ':import-chat' '^Type the name of a JSON file'
tui_line ":import-chat $work/bad.json" '"role" is neither'
tui_line ':open-chat 1' 'What is said to llm?$'
report 0 "plain lines read them too"
tui_press -l ':quit'
tui_press Enter
finish
