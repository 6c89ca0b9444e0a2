# minnow tokenize: readable, ids only, and lines of JSON, on a vocabulary of a few entries made here.
. tests/cli/lib.sh

# Little-endian numbers and strings of a GGUF file.  Bytes go through octal, which every printf knows.
byte() { printf "\\$(printf %03o "$1")"; }
u32() { byte $(($1 & 255)); byte $(($1 >> 8 & 255)); byte $(($1 >> 16 & 255)); byte $(($1 >> 24 & 255)); }
u64() { u32 "$1"; u32 0; }
str() { u64 "${#1}"; printf %s "$1"; }
strings() { str "$1"; u32 9; u32 8; shift; u64 $#; for s in "$@"; do str "$s"; done; }

model=$work/model.gguf
LC_ALL=C
export LC_ALL
{
	printf GGUF; u32 3; u64 0; u64 6
	str tokenizer.ggml.model; u32 8; str gpt2
	str tokenizer.ggml.pre; u32 8; str gpt-2
	strings tokenizer.ggml.tokens h e l o he ll hell hello Ġ '<end>' Ċ é é
	str tokenizer.ggml.token_type; u32 9; u32 5; u64 13
	for k in 1 1 1 1 1 1 1 1 1 3 1 4 1; do u32 $k; done
	strings tokenizer.ggml.merges 'h e' 'l l' 'he ll' 'hell o'
	str tokenizer.ggml.eos_token_id; u32 4; u32 9
} >"$model"

run $minnow tokenize "$model" 'hello hel<end>'
check "a readable table" prints '^       7  "hello"$'
check "control tokens are told" prints '^       9  "<end>"  (control)$'
check "and counted" prints '^5 tokens, 14 bytes$'
run $minnow tokenize --ids "$model" 'hello hel<end>'
check "ids only" [ "$(cat "$work/out")" = "7 8 4 2 9" ]
printf 'hell\n' | $minnow tokenize --ids "$model" >"$work/out" 2>"$work/err"
status=$?
check "text from standard input" [ "$(cat "$work/out")" = "6 10" ]
run $minnow tokenize --plain "$model" '<end>'
check "a byte without an entry is named" complains 'byte 0x3c'
check "and fails" exits 1

printf '%s\n' '{"text":"hello hello","add_special":true,"parse_special":true}' '{"text":"x"}' '{bad' \
	'{"ids":[7,8,9],"render_special":false}' '{"ids":[13]}' '{"ids":[7],"render_special":1}' '[1]' '{"text":"he\u0000"}' |
	$minnow tokenize "$model" --jsonl >"$work/out" 2>"$work/err"
status=$?
line() { sed -n "$1p" "$work/out"; }
check "every line is answered" [ "$(wc -l <"$work/out")" -eq 8 ]
check "ids of a text" [ "$(line 1)" = '{"ids":[7,8,7]}' ]
check "a text that cannot be encoded" [ "$(line 2 | cut -c1-9)" = '{"error":' ]
check "a line that is not JSON" [ "$(line 3 | cut -c1-18)" = '{"error":"not JSON' ]
check "ids to text" [ "$(line 4)" = '{"decoded":"hello ","bytes":"68656c6c6f20","stream":["hello"," ",""]}' ]
check "an id out of range" [ "$(line 5 | cut -c1-9)" = '{"error":' ]
check "a flag that is none" [ "$(line 6 | cut -c1-9)" = '{"error":' ]
check "a line that is no object" [ "$(line 7 | cut -c1-9)" = '{"error":' ]
check "the exit status tells of bad lines" exits 1
check "and one sentence" complains '6 of 8 lines'

run $minnow tokenize "$work/none.gguf" hi
check "a missing model is not found" exits 3
check "in one sentence" complains 'none.gguf'
printf 'GGUF\003\000\000\000' >"$work/cut.gguf"
run $minnow tokenize "$work/cut.gguf" hi
check "a cut file fails" exits 1
run $minnow tokenize --jsonl "$model" hi
check "--jsonl takes no text" exits 2
finish
