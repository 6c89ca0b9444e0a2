# minnow inspect: readable and as JSON, on a file made here and on every fixture.
. tests/cli/lib.sh
. tests/data/gguf.sh

model=$work/model.gguf
evil=$(printf 'a\033[31mb\nc')
{
	gguf_header 3 9
	gguf_kv_str general.architecture llama
	gguf_kv_str general.name "$evil"
	gguf_kv_str tokenizer.ggml.model gpt2
	gguf_kv_strs tokenizer.ggml.tokens a '<end>' "$(printf 'b\377"')"
	gguf_kv_i32s tokenizer.ggml.token_type 1 3 1
	gguf_kv_u32 tokenizer.ggml.eos_token_id 1
	gguf_kv_u32 tokenizer.ggml.bos_token_id 77
	gguf_kv_str tokenizer.chat_template "$(printf '{%% one %%}\n2\n3\n4\n5\n6\n7')"
	gguf_kv_i32 a.negative -3
	gguf_tensor token_embd.weight 0 0 4 2
	gguf_tensor strange 77 32 5
	gguf_tensor half 1 64 8
	gguf_zeros 200
} >"$model"

fits() { [ -z "$(LC_ALL=C tr -d '\200-\277' <"$work/out" | cut -c81-)" ]; }

run $minnow inspect "$model"
check "exits 0" exits 0
check "silent on standard error" [ ! -s "$work/err" ]
check "tells the architecture" prints '^  architecture  llama$'
check "counts the parameters" prints '^  parameters    21$'
check "sums the formats up" prints '^  formats       f32: 8 in 1 tensor, 32 B$'
check "a format it does not know by its number" prints 'unknown format 77: 5 in 1 tensor$'
check "counts the vocabulary" prints '^  vocabulary    3 tokens$'
check "and its kinds" prints '^  kinds         2 normal, 1 control$'
check "names the special tokens" prints '^  eos           1         <end>$'
check "one that is not there" prints '^  bos           77        (not in the vocabulary)$'
check "shows the template's first lines" prints '^  {% one %}$'
check "and not the last" [ "$(grep -c '^  7$' "$work/out")" -eq 0 ]
check "lists metadata" prints '^  a.negative  *-3$'
check "arrays by type and length" prints 'i32\[3\]  1, 3, 1$'
check "lists tensors" prints '^  token_embd.weight  f32     4 × 2                     32 B$'
check "of unknown formats too" prints '^  strange            ?77     5                            ?$'
check "control characters are made visible" [ "$(tr -d '\n[:print:]\200-\377' <"$work/out" | wc -c)" -eq 0 ]
check "fits 80 columns" fits

run $minnow inspect --template "$model"
check "--template prints it whole" [ "$(wc -l <"$work/out")" -eq 6 ]
run $minnow inspect --json "$model"
check "--json exits 0" exits 0
check "--json: counts" prints '"parameters": 21,$'
check "--json: control characters are escaped" prints '"name": "a\\u001b\[31mb\\nc",$'
check "--json: broken UTF-8 and quotes" prints '"value": \["a", "<end>", "b�\\""\]'
check "--json: formats" prints '{"format": null, "format_number": 77, "tensors": 1, "parameters": 5, "bytes": null}'
check "--json: special tokens" prints '"eos": {"id": 1, "text": "<end>"},$'
check "--json: tensors" prints '{"name": "half", "format": "f16", "format_number": 1, "shape": \[8\], "offset": [0-9]*, "bytes": 16}'

{ gguf_header 0 0; } >"$model"
run $minnow inspect "$model"
check "a file with nothing in it is shown" exits 0
run $minnow inspect --json "$model"
check "and as JSON" prints '"tokenizer": null,$'
run $minnow inspect --template "$model"
check "no template: exit 3" exits 3
check "and a sentence" complains 'no chat template'

if [ -e /dev/full ]; then
	$minnow inspect --json "$model" >/dev/full 2>"$work/err" </dev/null
	status=$?
	check "a full disk: exit 6" exits 6
	check "and a sentence" complains 'cannot write'
fi

shown=0 failed=
for f in ../shared/gold/*.gguf ../shared/tokenizers/*.gguf; do
	[ -e "$f" ] || continue
	run $minnow inspect "$f"
	shown=$((shown + 1))
	{ [ $status -eq 0 ] && fits; } || failed="$failed $f"
	$minnow inspect --json "$f" >/dev/null || failed="$failed $f"
done
if [ $shown -gt 0 ]; then
	check "every fixture is shown$failed" [ -z "$failed" ]
else
	n=$((n + 1))
	echo "ok $n - every fixture is shown # SKIP no ../shared"
fi
finish
