# minnow run: one prompt, its answer on standard output, on a model whose tokens are all equally probable.
. tests/cli/lib.sh
. tests/data/gguf.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset MINNOW_ISA MINNOW_THREADS
model=$work/tiny.gguf
gguf_tiny >"$model"
met "$model"
is() { [ "$(cat "$work/out")" = "$1" ]; }		# the whole of stdout
last() { tail -n 1 "$work/out" | grep -q "$1"; }
piped() {		# TEXT COMMAND...
	text=$1; shift
	printf '%s' "$text" | "$@" >"$work/out" 2>"$work/err"
	status=$?
}

run $minnow run "$model" hello --temp 0 --max-tokens 5
check "exits 0" exits 0
check "prints the answer and a newline" [ "$(od -c "$work/out" | head -n 1 | tr -s ' ')" = '0000000 x x x x x \n' ]
check "says that there is no chat template" complains 'no chat template'
run $minnow run "$model" --raw --temp 0 -n 5 hello
check "--raw says nothing" [ ! -s "$work/err" ]
check "a limit of tokens is kept" is xxxxx
run $minnow run "$model" hello --temp 0
check "a full context is told" grep -q 'the context of 64 positions is full' "$work/err"
check "and holds the rest" [ "$(wc -c <"$work/out")" -ge 59 ]
run $minnow run "$model" --raw hello --temp 0 -n 9 --stop xxx
check "a stop string ends the answer" [ ! -s "$work/out" ]

# seeds
run $minnow run "$model" hello --seed 7 --min-p 0
cp "$work/out" "$work/first"
run $minnow run "$model" hello --seed 7 --min-p 0
check "the same seed, the same answer" cmp -s "$work/out" "$work/first"
for seed in 1 2 3 4; do $minnow run "$model" hello --seed $seed 2>/dev/null; done >"$work/out" </dev/null
check "other seeds, others" [ "$(sort -u "$work/out" | wc -l)" -gt 1 ]

# where the prompt comes from
tokens() { last "\"prompt_tokens\": $1,"; }
run $minnow run "$model" --raw --json -n 1 "hel lo"
check "the argument is the prompt" tokens 6
piped 'hel
' $minnow run "$model" --json -n 1
check "standard input is the prompt, without its newline" tokens 3
piped 'lo' $minnow run "$model" --raw --json -n 1 "hel"
check "both: the argument, a blank line, the input" tokens 7
run $minnow run "$model"
check "no prompt: exit 2" exits 2
check "and a hint" complains 'minnow chat'
piped '' $minnow run "$model"
check "an empty prompt: exit 2" exits 2
check "and a sentence" complains 'the prompt is empty'
printf 'a\0b' | $minnow run "$model" >"$work/out" 2>"$work/err"
status=$?
check "a NUL byte is refused" complains 'NUL byte'

# JSON
run $minnow run "$model" hello --temp 0 -n 2 --json
check "--json: a line for each token and one for all" [ "$(wc -l <"$work/out")" -eq 3 ]
check "--json: tokens" prints '^{"event": "token", "id": 0, "p": 0.125, "entropy": 3, "part": "answer", "text": "x"}$'
check "--json: the whole" last '^{"event": "done", "stop": "length", "thinking": "", "text": "xx", "tool_calls": \[\], "stats": {"prompt_tokens": 5, '
run $minnow run "$model" hello --temp 0 --json --stop x
check "--json: stopped by a string" last '"stop": "string", "thinking": "", "text": "",'
run $minnow run "$model" hello --temp 0 --json
check "--json: stopped by the context" last '"stop": "context"'
run $minnow run "$model" hello --seed 1 --temp 1 --min-p 0 --json
check "--json: the model ended it" last '"stop": "end"'
run $minnow run "$model" --raw hello --temp 0 -n 2 --stats
check "--stats on standard error" complains '^prompt 5 tokens in .* answer 2 tokens in '

# thinking and tool calls, on a model that always says the same
parrot=$work/thinks.gguf
"${BUILD:-build}/tests/unit/tui_parrot" "$parrot" thinks || exit 1
met "$parrot"
printf '%s' '[{"name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}}]' >"$work/tools"
run $minnow run "$parrot" hello --temp 0
check "only the answer is printed, and a call as JSON" [ "$(cat "$work/out")" = 'Hello, I look.
{"name": "get_weather", "arguments": {"city": "Seoul"}}' ]
check "nothing else is" [ ! -s "$work/err" ]
run $minnow run "$parrot" hello --temp 0 --json
check "--json: thinking is apart" last '"thinking": "They greet\\nme.", "text": "Hello, I look.\\n", "tool_calls": \[{"name": "get_weather", "arguments": {"city": "Seoul"}}\]'
check "--json: tokens name their part" [ "$(sed -n 's/.*"part": "\([a-z]*\)".*/\1/p' "$work/out" | uniq | tr '\n' ' ')" = "think answer tool answer " ]
check "--json: every token is there" [ "$(grep -c '"id": [0-9]' "$work/out")" -eq 17 ]
prompt_tokens() { sed -n 's/.*"prompt_tokens": \([0-9]*\).*/\1/p' "$work/out"; }
auto=$(prompt_tokens)
run $minnow run "$parrot" hello --temp 0 --json --think off
check "--think reaches the template" [ "$(prompt_tokens)" -eq $((auto + 6)) ]
check "... without a word" [ ! -s "$work/err" ]
run $minnow run "$parrot" hello --temp 0 --json --tools "$work/tools"
check "--tools does too" [ "$(prompt_tokens)" -gt $((auto + 60)) ]
run $minnow run "$parrot" hello --temp 0 --stop greet
check "stop strings are the answer's" prints '^Hello, I look'
run $minnow run "$model" hello --temp 0 -n 1 --think on
check "a template without a switch: one sentence" grep -q 'no switch for thinking' "$work/err"
run $minnow run "$model" hello --temp 0 -n 1 --think maybe
check "--think knows three words" exits 2
run $minnow run "$parrot" hello --tools "$model"
check "a list of tools that is none: one sentence" complains 'the list of tools: not JSON'
run $minnow run "$parrot" hello --tools "$work/none"
check "no such file: exit 3" exits 3
run $minnow run "$parrot" --raw hello --tools "$work/tools"
check "--raw and --tools exclude each other" exits 2
run $minnow run "$parrot" --raw hello --temp 0
check "--raw gives the text as it is" prints '^They greet$'

# grammars: the model says x for ever, or what it is held to
printf 'root ::= "x"{3} "y"?\n' >"$work/three.gbnf"
run $minnow run "$model" --raw hello --temp 0 --grammar "$work/three.gbnf"
check "--grammar: exits 0" exits 0
check "--grammar: the answer is held" grep -qx 'xxxy\{0,1\}' "$work/out"
run $minnow run "$model" --raw hello --temp 0 --json -n 2 --grammar "$work/three.gbnf"
check "--grammar: cut before its end" last '"stop": "length", "thinking": "", "text": "xx"'
printf 'root ::= "x"{3}\n' >"$work/three.gbnf"
run $minnow run "$model" --raw hello --temp 0 --json --grammar "$work/three.gbnf"
check "--grammar: ends when nothing can follow" last '"stop": "end", "thinking": "", "text": "xxx"'
printf 'root ::= "q"\n' >"$work/q.gbnf"
run $minnow run "$model" --raw hello --grammar "$work/q.gbnf"
check "--grammar: no token fits: exit 1" exits 1
check "and a sentence" complains 'no token of this model can follow'
printf 'root ::=\n  "a" )\n' >"$work/bad.gbnf"
run $minnow run "$model" hello --grammar "$work/bad.gbnf"
check "--grammar: a defect: exit 1" exits 1
check "with its place" complains 'bad.gbnf: line 2, column 7: expected a part, "|" or the end of the line, found ")"'
printf '{"type": "object",\n "minProperties": 3}\n' >"$work/bad.json"
run $minnow run "$model" hello --schema "$work/bad.json"
check "--schema: a defect: exit 1" exits 1
check "with its place" complains 'bad.json: line 2, column 2: #/minProperties: the keyword "minProperties" is not supported'
run $minnow run "$model" hello --schema "$work/bad.json" --grammar "$work/bad.gbnf"
check "--schema and --grammar exclude each other" exits 2
run $minnow run "$model" hello --schema "$work/none.json"
check "--schema: no such file: exit 3" exits 3

# a grammar holds the answer, not the thinking before it
for how in opens joined; do
	"${BUILD:-build}/tests/unit/tui_parrot" "$work/$how.gguf" $how || exit 1
done
printf '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}' >"$work/n.json"
run $minnow run "$work/opens.gguf" hello --temp 0 --json --schema "$work/n.json"
check "--schema: thinking is free" last '"stop": "end", "thinking": "so it is.", "text": "{\\"n\\": 7}"'
check "--schema: line breaks after it too" grep -q '"id": 260,' "$work/out"
run $minnow run "$work/joined.gguf" hello --temp 0 --schema "$work/n.json"
check "--schema: an answer that begins with the end of thinking" is '{"n": 7}'
run $minnow run "$work/joined.gguf" hello --temp 0 --grammar "$work/q.gbnf"
check "... and does not fit: exit 1" exits 1
check "and a sentence" complains 'began within the last token of thinking'
printf 'root ::= "Hello, I look" .\n' >"$work/look.gbnf"
run $minnow run "$parrot" hello --temp 0 --json --grammar "$work/look.gbnf"
check "--grammar: where thinking is not asked for, there is none" last '"thinking": "", "text": "Hello, I look'
run $minnow run "$parrot" hello --temp 0 --json --think on --grammar "$work/look.gbnf"
check "... and where it is, it is free" last '"stop": "end", "thinking": "They greet\\nme.", "text": "Hello, I look."'
run $minnow run "$work/opens.gguf" hello --temp 0 --raw --schema "$work/n.json"
check "--raw: held from the start" prints '^{"n":'

# the guide, held to a schema
cat >"$work/city.json" <<'END'
{"type": "object",
 "properties": {"name": {"type": "string", "maxLength": 12}, "size": {"type": "integer", "minimum": 10, "maximum": 99},
   "tags": {"type": "array", "items": {"enum": ["old", "new"]}, "maxItems": 3}},
 "required": ["name", "size", "tags"]}
END
for seed in 1 2 3; do
	run $minnow run guide "tell me about a city" --seed $seed --schema "$work/city.json"
	check "the guide: exits 0" exits 0
	check "the guide: its answer is valid" \
		grep -qxE '\{"name": ?"([^"\\]|\\.[0-9a-fA-F]{0,8})*", ?"size": ?[1-9][0-9], ?"tags": ?\[("(old|new)"(, ?"(old|new)"){0,2})?\]\}' "$work/out"
done

# what cannot be done
long=hellohellohellohellohellohellohellohellohellohellohellohellohello
run $minnow run "$model" $long
check "a prompt longer than the context: exit 1" exits 1
check "and a sentence" grep -q 'the prompt is 65 tokens long and the context holds 64' "$work/err"
run $minnow run "$model" hello --temp hot
check "a bad value: exit 2" exits 2
check "and a sentence" complains 'temp wants a number from 0 to 10, not "hot"'
run $minnow run "$model" --raw --system x hello
check "--raw and --system exclude each other" exits 2
run $minnow run no-such-model hello
check "no such model: exit 3" exits 3
check "and what to do" complains 'give the path of a GGUF file or model directory, a name of'
if [ -e /dev/full ]; then
	$minnow run "$model" --raw hello --temp 0 >/dev/full 2>"$work/err" </dev/null
	status=$?
	check "a full disk: exit 6" exits 6
	check "and a sentence" complains 'cannot write to standard output'
fi

# A context this large keeps it busy until it is stopped.
forever() { sh -c 'echo $$ >"$0"; exec "$@"' "$work/pid" $minnow run "$model" --raw hello --temp 0 --ctx 200000; }
{ forever; echo $? >"$work/rc"; } 2>"$work/err" </dev/null | {
	head -c 3 >"$work/out"
	kill -INT "$(cat "$work/pid")"
	cat >>"$work/out"
}
status=$(cat "$work/rc")
check "an interrupt: exit 130" exits 130
check "one sentence" complains interrupted
check "what was generated stays" prints '^xxx*$'
{ forever; echo $? >"$work/rc"; } 2>"$work/err" </dev/null | head -c 3 >"$work/out"
status=$(cat "$work/rc")
check "a closed pipe ends it as SIGPIPE does" exits 141
check "without a word" [ ! -s "$work/err" ]
finish
