#!/bin/sh
# Explore: the tree, its filter, cards, lineage, what changed, licences, the inside of a file, and what is done with models.
# The registry of the test is a git folder, its hub a server on loopback.
. tests/tui/lib.sh

here=$PWD
machine=MINNOW_MACHINE=8000000000,27000000000,23400000000
mkdir "$work/server"
"$BUILD/tests/unit/tui_parrot" "$work/server/data.bin" || exit 1
mkfifo "$work/in" "$work/port"
python3 tests/net/server.py "$work/server" <"$work/in" >"$work/port" 2>"$work/server.err" &
server=$!
exec 9>"$work/in"
read -r port <"$work/port"
trap 'exec 9>&-; kill $server 2>/dev/null; cleanup' EXIT

# The screen below the titles of the views.
screen() {
	capture | sed 1d >"$work/screen"
	[ -z "$TUI_UPDATE" ] || cp "$work/screen" "tests/tui/$1.screen"
	cmp -s "$work/screen" "tests/tui/$1.screen"
	report $? "$1"
	diff "tests/tui/$1.screen" "$work/screen" | sed 's/^/# /'
}

# first screens
for size in 80x24 40x12 200x50; do
	tui_start $size $machine -- chat "$work/parrot.gguf"
	tui_key F3
	screen "explore-first-$size"
done
tui_start 20x5 $machine -- chat "$work/parrot.gguf"
tui_key F3
tui_shows "20x5 says what it needs" 'minnow needs 24 x 6'

# the filter, and pages of a model
tui_start 80x24 $machine -- chat "$work/parrot.gguf"
tui_key F3
tui_key /
tui_type 'qwen3-0.6 fits'
tui_shows "the filter shows what matches as it is typed" '^   ›   qwen3-0.6b  .*639 MB   23–34/s$'
tui_shows "and how many" '/ qwen3-0.6 fits .* 1 model$'
tui_key Enter Tab
screen explore-card-80x24
tui_key G
tui_shows "the card goes on" 'of context: fits$'
tui_key g k Down Up j PageDown C-u C-d PageUp End Home
tui_shows "and back to its beginning" '^ Qwen3 0.6B  .*registry ✓$'
tui_key L
tui_shows "the lineage is a tree" '└─ qwen2.5-0.5b '
tui_shows "with the model itself marked" '^ › .*└─ qwen3-0.6b '
tui_key k Enter
tui_shows "a model of it can be opened" '^ Qwen2.5 0.5B instruct'
tui_key D
tui_shows "what changed: the facts" 'context 128K → 32K\|context 32K → 128K\|languages\|generation 2 → 2.5'
tui_shows "what changed: what it means" 'Another generation of the family'
tui_key D l
tui_shows "the licence says what it lets one do" '^ You may use, change and pass it on'
tui_shows "and that this is not the licence" 'a summary, not the licence'
tui_key Escape
tui_hides "Esc goes back to the card" 'a summary, not the licence'
tui_key / C-u
tui_type 'zzzzzz'
tui_shows "nothing matches" 'no model matches'
tui_key C-u
tui_type '<2x'
tui_shows "a size that is none" 'comes a size as 800M'
tui_key Escape
tui_shows "Esc empties the filter" '^ / filter$'
tui_key q
tui_shows "q goes back to the chat" '› Ask something'
tui_press C-q
tui_ends "quit gives the screen back" 0

# the tree
tui_start 200x50 $machine -- chat "$work/parrot.gguf"
tui_key F3
tui_key G
tui_shows "the last family is marked" '^ › T5 and FLAN-T5'
tui_key g Down Down Space
tui_shows "Space unfolds" '^ *› *BitNet and ternary'
tui_shows "generations" '▸ BitNet 0  '
tui_key Left
tui_hides "Left folds" '▸ BitNet 0  '
tui_key Right Down Enter
tui_shows "Enter unfolds a generation" 'bitnet-b1_58-large .*convert'
tui_key j
tui_shows "the card stands beside it" 'There is no ready file'
tui_key d
tui_shows "a model without a file cannot be downloaded" 'no file of bitnet-b1_58-large that could be downloaded'
tui_key v
tui_shows "what is not here cannot be verified" 'only of models on this machine'
tui_key '?'
tui_shows "help lists the keys of Explore" 'Take the marked model into the comparison'
tui_key q ':'
tui_type 'theme mono'
tui_key Enter
tui_shows "a command by name" 'theme mono$'
tui_press C-q
tui_ends "quit leaves" 0

# ASCII
tui_start 80x24 $machine LC_ALL=C -- chat "$work/parrot.gguf"
tui_key F3
tui_key /
tui_type 'gemma-3-1b'
tui_key Enter Space Down
screen explore-ascii-80x24

# a registry, a download, and what can be done with what is here
toy() {	# in the environment of the test
	(cd "$work" && env -i PATH=/usr/bin:/bin HOME="$work" LC_ALL=C.UTF-8 "$minnow" "$@") >"$work/out" 2>"$work/err"
}
toy registry key a.key
toy registry init reg --key a.key
mkdir -p "$work/reg/models/toy/toy"
cat >"$work/reg/models/toy/toy/entry.json" <<END
{"format": 1, "id": "toy", "name": "Toy", "summary": "A toy that says one thing.", "family": "toy", "license": "Toy Licence",
"arch": "qwen3", "context": 256, "params": 100000, "files": [{"name": "toy-F32.gguf", "quant": "F32",
"size": $(wc -c <"$work/server/data.bin"), "sha256": "$(sha256sum <"$work/server/data.bin" | cut -c 1-64)",
"sources": [{"hub": "a/b", "path": "data.gguf", "revision": "0123456789012345678901234567890123456789"}]}]}
END
toy registry sign reg --key a.key
(cd "$work/reg" && git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -qm first)
toy registry add toys "file://$work/reg"
toy sync
report $? "there is a registry"

tui_start 80x24 $machine HF_ENDPOINT=http://127.0.0.1:$port/plain no_proxy='*' -- chat "$work/parrot.gguf"
tui_key F4
tui_shows "Compare has two by default" 'A  parrot.gguf .*│ B  parrot.gguf  temp='
tui_key F3
tui_key /
tui_type toy
tui_key Enter Enter
tui_shows "Enter on what is not here offers the download" 'Download toys/toy:F32, 1 MB, and accept its licence, Toy Licence'
tui_key Up Down d
tui_shows "d asks" 'd again: yes'
tui_key d
tui_shows "and downloads" 'toys/toy:F32 is downloaded'
tui_shows "it is marked" 'toys/toy .*● '
tui_key d
tui_shows "once is enough" 'toys/toy is on this machine'
tui_key v
tui_shows "v checks it" 'toys/toy is whole: 2 files checked'
tui_key c
tui_shows "c takes it into the comparison" 'to be compared: toys/toy$'
tui_key F4
tui_shows "in the place of those of before" '^ A  toy .*│ B  parrot.gguf *$'
tui_key F3
tui_key c
tui_shows "and out of it" 'nothing is to be compared'
tui_key i
tui_shows "i looks inside" '^ › Facts'
tui_key Down End Home Space Down Down Down Space
tui_shows "a section unfolds" '^ ▾ Vocabulary\|^ › Vocabulary'
tui_key Down
tui_shows "tokens have their numbers" '^ ›       0   "'
tui_key /
tui_type '262'
tui_shows "a token is found by its number" '   262   '
tui_key Enter Escape Escape
tui_shows "back in the tree" 'toys/toy .*● '
tui_key x
tui_shows "x asks, and says what comes free" 'Remove toys/toy? 1 MB come free. x again: yes; any other key: no'
tui_key Down
tui_key x
tui_shows "any other key keeps it" 'x again: yes'
tui_key Up Up
tui_shows "it is still there" 'toys/toy .*● '
tui_key Down Down Enter
tui_wait 'Ask something'
tui_shows "Enter chats with it" '^ toy$'
tui_type hello
tui_key Enter
tui_shows "it answers" 'Three things cost time here'
tui_key F3 x
tui_key x
tui_shows "x twice removes it" 'toys/toy is removed: 1 MB came free'
tui_hides "the mark is gone" 'toys/toy .*● '
tui_press C-q
tui_ends "quit leaves after all that" 0

# plain lines
# shellcheck disable=SC2086	# a list of settings
tui_lines 100x200 $machine HF_ENDPOINT=http://127.0.0.1:"$port"/plain no_proxy='*' -- chat "$work/parrot.gguf" --temp 0
say() {	# LINE WAIT NAME
	tui_line "$1" "$2"
	report 0 "lines: $3"
}
say ':explore' '^ *[0-9]*. Qwen, 44 models.$' "families are numbered"
say ':explore toy here' 'No model matches' "nothing of it is here"
say ':explore qwen3-0.6b' '^  1. qwen3-0.6b, 752M parameters, 639 MB as Q8_0, 23 to 34 tokens a second here.$' "words find models"
say ':explore 1' '^  1. Download it, :download.$' "a number opens a card"
say ':what-changed' 'Another generation of the family' "what changed"
say ':lineage' '`- qwen3-0.6b' "the lineage"
say ':licence' 'a summary, not the licence' "the licence"
say ':verify' 'That is not possible: qwen3-0.6b is not on this machine.' "what cannot be is said"
say ':explore toys' '^  1. toys/toy, 0M parameters' "a model of the registry"
say ':explore 1' 'A toy that says one thing' "its card"
say ':download' 'Download toys/toy:F32, 1 MB' "downloads ask"
say 'yes' '^toys/toy:F32: downloaded and verified.$' "and are done"
say ':verify' 'toys/toy is whole' "verifying"
say ':add-to-compare' '^  1. toys/toy.$' "the comparison"
say ':details' '^Vocabulary: 263\|^Vocabulary: [0-9]*.$' "looking inside"
say ':details token_embd' 'token_embd.weight' "finding a tensor"
say ':open' 'A new conversation with .*toy begins' "opening it"
say 'hello' 'Three things cost time' "it answers"
say ':remove' 'Remove toys/toy? 1 MB come free. Type yes to do it, or press Enter for no.' "removing asks"
say 'yes' 'toys/toy is removed: 1 MB came free' "and is done"
tui_press -l ':quit'
tui_press Enter
poll ended && [ "$(cat "$work/status")" -eq 0 ]
report $? "lines: :quit leaves"
finish
