# Guessed tokens from the command line: they change no text, and a draft model that cannot help says why.
. tests/cli/lib.sh
. tests/data/gguf.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset MINNOW_ISA MINNOW_THREADS
model=$work/tiny.gguf
gguf_tiny >"$model"
met "$model"
complains_once() { complains "$1" && [ "$(wc -l <"$work/err")" -eq 1 ] && [ ! -s "$work/out" ]; }

# draft models that cannot help
head -c 400 "$model" >"$work/cut.gguf"
met "$work/cut.gguf"
run $minnow run "$model" --raw hello --temp 0 -n 5 --draft "$work/cut.gguf"
check "a draft model that is cut short: exit 1" exits 1
check "... one sentence names the file" complains_once 'cut.gguf: .*cut short or damaged'
run $minnow run "$model" --raw hello --temp 0 -n 5 --draft guide
check "another vocabulary: exit 1" exits 1
check "... one sentence says what to choose" complains_once 'guide cannot draft for tiny.gguf: their vocabularies differ; choose'
run $minnow run "$model" --raw hello --temp 0 -n 5 --draft "$work/none.gguf"
check "a draft model that does not exist: exit 3" exits 3
check "... one sentence names it" complains_once 'none.gguf: no such file'

# the same text, with guesses that are seen
text() { sed -n 's/.*"stop": "\([a-z]*\)".*"text": "\(.*\)", "tool_calls".*/\1 \2/p' "$work/out" | tail -n 1; }
run $minnow run "$model" --raw hello --temp 0 -n 30 --json --speculate off
plain=$(text)
check "nothing is guessed when it is off" prints '"drafted_tokens": 0,'
run $minnow run "$model" --raw hello --temp 0 -n 30 --json
check "a text that repeats itself is guessed" prints '"drafted_tokens": [1-9][0-9]*, "accepted_tokens": [1-9]'
check "... and is the same" [ -n "$plain" -a "$(text)" = "$plain" ]

run $minnow run "$model" --raw hello --temp 0 -n 60 --stats
check "... and --stats tells what that gained" grep -q 'guessed [0-9]* tokens, [0-9]* of them right: [0-9]* % of the answer, about [0-9.]* times as fast' "$work/err"

# in the chat: one that was asked for has to be there, and does not change the text
run $minnow chat "$model" --draft "$work/none.gguf" </dev/null
check "chat --draft of a model that does not exist: exit 3" exits 3
check "... one sentence names it" complains_once 'none.gguf: no such file'
echo hello >"$work/question"
run $minnow chat "$model" --temp 0 -n 30 --speculate off <"$work/question"
cp "$work/out" "$work/plain"
run $minnow chat "$model" --temp 0 -n 30 --draft "$model" <"$work/question"
check "chat --draft answers with the same text" cmp -s "$work/out" "$work/plain"

# under a grammar most tokens are forced: what is guessed is checked against it like what is chosen
printf 'root ::= ("yes, yes, yes, yes, " | "no, no, no, no, ")+\n' >"$work/yes.gbnf"
printf '{"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "name_again": {"type": "string",
"maxLength": 20}}, "required": ["name", "name_again"]}' >"$work/name.json"
for rule in "--grammar $work/yes.gbnf" "--schema $work/name.json"; do
	run $minnow run guide "yes or no?" --temp 0 -n 60 --json $rule --speculate off
	plain=$(text)
	run $minnow run guide "yes or no?" --temp 0 -n 60 --json $rule
	check "${rule%% *}: guesses leave the text as it is" [ -n "$plain" -a "$(text)" = "$plain" ]
	run $minnow run guide "yes or no?" --temp 0 -n 60 --json $rule --draft guide
	check "${rule%% *}: so do those of a draft model" [ "$(text)" = "$plain" ]
done
finish
