# minnow compare: a model beside itself, beside its copy in fewer bits, beside others; and what cannot be compared.
. tests/cli/lib.sh
. tests/data/gguf.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset MINNOW_ISA MINNOW_THREADS
python=$(command -v python3)
zero=$work/zero.gguf
gguf_tiny >"$zero"
parrot=$work/parrot.gguf
"${BUILD:-build}/tests/unit/tui_parrot" "$parrot" || exit 1
thinks=$work/thinks.gguf
"${BUILD:-build}/tests/unit/tui_parrot" "$thinks" thinks || exit 1
$minnow quantize guide "$work/q2.gguf" Q2_K >"$work/out" 2>&1 || exit 1
met "$zero" "$parrot" "$thinks" "$work/q2.gguf"

# Beside itself: nothing differs, and a model whose eight words are all as probable needs three bits a byte.
run $minnow compare "$zero" "$zero" -p hello --temp 0 -n 4
check "exits 0" exits 0
check "one answer below the other, under their letters" [ "$(sed -n '1p;2p;4p;5p' "$work/out" | cut -c1-4 | tr '\t\n' '  ')" = "A /t xxxx B /t xxxx " ]
check "three bits a byte for each" grep -q "^A	.*	length	3.000000	3.000000$" "$work/out"
check "no token differs" prints '^A and B wrote the same 4 tokens$'
check "no divergence" prints '^A	B	0.000000	1.000000	-$'
check "a word about the missing template is not needed twice" [ "$(wc -l <"$work/err")" -le 1 ]

# Two quantizations of one model; that of two bits need not find an end.
run $minnow compare guide "$work/q2.gguf" -p "what is a token" -n 60 --temp 0 --json
check "the guide and its copy in two bits: exits 0" exits 0
cat >"$work/look.py" <<'END'
import json, sys
j = json.load(open(sys.argv[1]))
a, b = j["answers"]
pairs = {p["along"] + p["model"]: p for p in j["pairs"]}
assert [a["answer"], b["answer"]] == ["A", "B"] and j["prompt"] == "what is a token" and j["together"] is False, j
assert set(pairs) == {"AB", "BA"}, pairs
assert 0 < pairs["AB"]["kl"] < 1 and 0 < pairs["BA"]["kl"] < 1, pairs
assert pairs["AB"]["tokens"] == a["stats"]["generated_tokens"], pairs
for x in a, b:
    assert set(x["bits_per_byte"]) == {"A", "B"} and x["text"] and x["stop"] in ("end", "length") and x["error"] is None, x
    assert x["stats"]["first_s"] > 0 and x["memory_bytes"] > 1000000, x
assert a["stop"] == "end", a
assert a["bits_per_byte"]["A"] < a["bits_per_byte"]["B"], a
END
check "JSON: one vocabulary, figures of both" "$python" "$work/look.py" "$work/out"
grep -v -e '_s"' -e memory "$work/out" >"$work/first"
run $minnow compare guide "$work/q2.gguf" -p "what is a token" -n 60 --temp 0 --json -t 1
grep -v -e '_s"' -e memory "$work/out" >"$work/second"
check "the same with one thread" cmp -s "$work/first" "$work/second"
run $minnow compare guide "$work/q2.gguf" -p "what is a token" -n 60 --temp 0 --json --together
grep -v -e '_s"' -e memory -e together "$work/out" >"$work/second"
grep -v together "$work/first" >"$work/third"
check "the same all at once" cmp -s "$work/third" "$work/second"

# Other vocabularies.
run $minnow compare guide "$parrot" "$thinks" -p hello --temp 0 --json -n 30
check "three models: exits 0" exits 0
cat >"$work/look.py" <<'END'
import json, sys
j = json.load(open(sys.argv[1]))
a, b, c = j["answers"]
assert j["pairs"] == [], j["pairs"]
assert b["text"].startswith("Three things cost time here:"), b
assert c["thinking"].strip() == "They greet\nme.", c
assert c["text"].startswith("Hello, I look."), c
assert b["bits_per_byte"]["A"] > 1 and b["bits_per_byte"]["B"] < 0.1, b
END
check "JSON: no pairs where vocabularies differ; thinking is apart" "$python" "$work/look.py" "$work/out"

# Settings of one of them.
run $minnow compare "$zero" "$zero" "$zero" -p hello --seed 7 --min-p 0 --top-k 0 --top-p 1 --temp 1 -n 20 --set 2:seed=8 --set 3:seed=7 --json
cat >"$work/look.py" <<'END'
import json, sys
a, b, c = json.load(open(sys.argv[1]))["answers"]
assert a["text"] == c["text"] != b["text"], (a, b, c)
assert (a["settings"], b["settings"], c["settings"]) == ("", "seed=8", "seed=7")
END
check "--set is for one of them; the same seed, the same answer" "$python" "$work/look.py" "$work/out"
run $minnow compare "$zero" "$zero" -p hello --temp 0 -n 9 --set 2:max-tokens=3 --no-score
check "--set: the length too" prints '^B	.*	3	[0-9]*	length$'
check "--no-score leaves the scores out" [ "$(grep -c bits_per_byte "$work/out")" -eq 0 ]
for wrong in 3:temp=0 2:temp 0:temp=0 temp=0 2:=1; do
	run $minnow compare "$zero" "$zero" -p hello --set $wrong
	check "--set $wrong: exit 2" exits 2
	check "... in one line" complains "set"
done
run $minnow compare "$zero" "$zero" -p hello --set 2:warmth=1
check "--set: an unknown setting is named" complains 'there is no setting "warmth"'
run $minnow compare "$zero" "$zero" -p hello --set 2:temp=hot
check "--set: a bad value" complains 'temp wants a number from 0 to 10, not "hot"'
run $minnow compare "$zero" "$zero" -p hello --set 1:top-k=1.5
check "--set: no half tokens" complains 'top-k wants a whole number'

# The same after the name.
run $minnow compare "$zero" "$zero?seed=8" "$zero?seed=9&temp=0" -p hello --seed 7 --min-p 0 --top-k 0 --top-p 1 --temp 1 -n 20 --set 3:seed=7 --set 3:temp=1 --json
cat >"$work/look.py" <<'END'
import json, sys
a, b, c = json.load(open(sys.argv[1]))["answers"]
assert a["text"] == c["text"] != b["text"], (a, b, c)
assert (a["settings"], b["settings"], c["settings"]) == ("", "seed=8", "seed=9 temp=0 seed=7 temp=1")
assert a["model"] == b["model"] and "?" not in b["model"] and a["joules_token"] is None or a["joules_token"] >= 0
END
check "settings after a name; --set comes after them" "$python" "$work/look.py" "$work/out"
run $minnow compare "$zero?top_k=1&max_tokens=2" "$zero" -p hello -n 9 --no-score
check "_ stands for -" prints '^A	.*	2	[0-9]*	length$'
run $minnow compare "$zero?warmth=1" "$zero" -p hello
check "an unknown setting: exit 2" exits 2
check "... is named" complains 'there is no setting "warmth"'
run $minnow compare "$zero?temp" "$zero" -p hello
check "no value: exit 2" exits 2
check "... says how" complains 'stand settings, as temp=0&top_k=1'

# Ratings, without any vote; votes are given in tests/tui.
run $minnow compare --ratings
check "no votes: the titles alone" [ "$(cat "$work/out")" = "$(printf 'topic\tmodel\tsettings\tpoints\terror\tvotes\twon\teven')" ]
check "nothing is written for that" [ ! -e "$work/.local/share/minnow/history.db" ]
run $minnow compare --ratings --json
check "JSON: none" "$python" -c 'import json, sys; j = json.load(open(sys.argv[1])); assert j == {"votes": 0, "blind": 0, "first_ahead_probability": None, "models": [], "topics": []}, j' "$work/out"
run $minnow compare --ratings "$zero"
check "--ratings takes no model: exit 2" exits 2
mkdir -p "$work/.local/share/minnow"
echo damaged >"$work/.local/share/minnow/history.db"
run $minnow compare --ratings
check "a damaged history: exit 1" exits 1
check "... in one line" complains history.db
rm -r "$work/.local/share/minnow"

# Where the prompt comes from.
prompt() { sed -n 's/^  "prompt": "\(.*\)",$/\1/p' "$work/out"; }
printf 'hel\n' >"$work/prompt"
run $minnow compare "$zero" "$zero" --file "$work/prompt" -n 1 --json
check "--file, without its newline" [ "$(prompt)" = hel ]
printf 'lo' | $minnow compare "$zero" "$zero" -p hel -n 1 --json >"$work/out" 2>"$work/err"
check "-p, a blank line, and standard input" [ "$(prompt)" = 'hel\n\nlo' ]
run $minnow compare "$zero" "$zero"
check "no prompt: exit 2" exits 2
check "... and how to give one" complains '-p TEXT'
run $minnow compare "$zero" "$zero" --file "$work/none"
check "no such file: exit 3" exits 3

# A terminal.
if [ -n "$python" ]; then
	"$python" tests/data/terminal.py '' $minnow compare guide "$work/q2.gguf" -p "what is a token" -n 60 --temp 0 >"$work/out" 2>"$work/err"
	status=$?
	check "a terminal: exits 0" exits 0
	check "side by side" grep -q '^.*A  guide *. *.  B  ' "$work/out"
	check "a table of figures" grep -q '^   first token  tokens/s  tokens    memory  ended        to A    to B' "$work/out"
	check "within 80 columns" "$python" -c 'import re, sys
for l in open(sys.argv[1], encoding="utf-8"):
    assert len(re.sub("^.*\r|\033\\[[^a-zA-Z]*[a-zA-Z]", "", l.rstrip("\r\n"))) < 80, l' "$work/out"
fi

if [ -n "$python" ]; then
	"$python" tests/data/terminal.py '' $minnow compare guide guide --temp 0 >"$work/out" 2>&1
	status=$?
	check "a terminal, options and no prompt: exit 2" exits 2
	check "... and how to give one" prints 'no prompt: give one with -p TEXT'
fi

# What cannot be done.
run $minnow compare "$zero" -p hello
check "one model: exit 2" exits 2
run $minnow compare "$zero" "$zero" "$zero" "$zero" "$zero" -p hello
check "five models: exit 2" exits 2
run $minnow compare "$zero" no-such-model -p hello
check "no such model: exit 3" exits 3
long=hellohellohellohellohellohellohellohellohellohellohellohellohello
run $minnow compare guide "$zero" -p $long --temp 0 -n 4 --no-score
check "one that cannot answer: exit 1" exits 1
check "... with its name" grep -q 'zero.gguf: the prompt is 65 tokens long and the context holds 64' "$work/err"
check "... and the other has answered" prints '^A	.*	4	[0-9]*	length$'
if [ -e /dev/full ]; then
	$minnow compare "$zero" "$zero" -p hello --temp 0 -n 3 >/dev/full 2>"$work/err" </dev/null
	status=$?
	check "a full disk: exit 6" exits 6
fi
{ sh -c 'echo $$ >"$0"; exec "$@"' "$work/pid" $minnow compare "$zero" "$zero" -p hello --temp 0 --ctx 200000; echo $? >"$work/rc"; } \
	2>"$work/err" </dev/null | {
	head -c 30 >"$work/out"
	kill -INT "$(cat "$work/pid")"
	cat >>"$work/out"
}
status=$(cat "$work/rc")
check "an interrupt: exit 130" exits 130
check "one sentence" complains interrupted
check "the second was not asked" prints '^B	.*	0	[0-9]*	cancelled$'
finish
