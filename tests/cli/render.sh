# minnow render: lines of JSON in and out, templates from files, and what is said about bad ones.
. tests/cli/lib.sh

feed() {	# INPUT COMMAND...
	printf '%s' "$1" >"$work/in"
	shift
	"$@" >"$work/out" 2>"$work/err" <"$work/in"
	status=$?
}
answers() { [ "$(cat "$work/out")" = "$1" ]; }
lines() { [ "$(wc -l <"$work/out")" -eq "$1" ]; }

feed '{"source": "{{ a }} {{ a | length }}", "vars": {"a": {"z": 1, "b": "x\u0000"}}}
' $minnow render --jsonl
check "a source with variables, in their order, NUL included" answers '{"text":"{'"'z': 1, 'b': 'x\\\\x00'"'} 2"}'
check "... exits 0" exits 0

feed '{"source": "{{ strftime_now(\"%A %d %B %Y %j\") }}", "vars": {}, "now": "2026-01-15T12:00:00"}
' $minnow render --jsonl
check "now fixes the clock" answers '{"text":"Thursday 15 January 2026 015"}'

feed '{"source": "{{ raise_exception(\"no\") }}"}
not JSON
{"source": "{{ 1"}
{"source": "ok", "now": "yesterday"}
[]
{"messages": []}

{"source": "last"}' $minnow render --jsonl
check "a bad line is answered and the next is read" lines 8
check "... the last with its text" prints '^{"text":"last"}$'
check "... the others with an error" [ "$(grep -c '^{"error":"' "$work/out")" -eq 7 ]
check "... which is the template's own" prints '"template line 1: no"'
check "... and the exit status is 1" exits 1
check "... with one line on stderr that counts what was no request" complains '5 of 8 lines'

feed '{"source": "{{ raise_exception(\"no\") }}"}' $minnow render --jsonl
check "a template's own error is an answer" answers '{"error":"template line 1: no"}'
check "... and exits 0" exits 0

run $minnow render --model guide hello
check "a model by name, as a chat would ask it" prints 'hello'

printf '%s' '{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}{{ tools is none }}' >"$work/t.jinja"
feed '{"messages": [{"role": "user", "content": "hi"}], "tools": null, "vars": {"messages": 1}, "template": "ignored"}
' $minnow render --jsonl --template "$work/t.jinja"
check "a template from a file" answers '{"text":"user:hi;True"}'

printf '%s' '{% for %}' >"$work/bad.jinja"
run $minnow render --jsonl --template "$work/bad.jinja"
check "a template that does not parse is refused" complains 'bad.jinja: template line 1: '
check "... with status 1" exits 1
run $minnow render --jsonl --template "$work/none.jinja"
check "a missing template is status 3" exits 3
run $minnow render hello
check "text wants a model" exits 2
run $minnow render --jsonl hello
check "--jsonl takes no text" exits 2
run $minnow render --model "$work/none.gguf" hello
check "a missing model is status 3" exits 3
finish
