# minnow convert, and model directories given to the other commands.
. tests/cli/lib.sh

dir=tests/golden/hf/tok_qwen2
small=tests/golden/hf/qwen2
out=$work/out.gguf

run $minnow convert $small "$out"
check "convert exits 0" exits 0
check "says what was written" prints "^$out: 26 tensors, 0\.[0-9] MB\$"
check "and nothing else" [ ! -s "$work/err" ]
$minnow logits $small --tokens 1,5,9 >"$work/a"
run $minnow logits "$out" --tokens 1,5,9
check "the file computes the same" cmp -s "$work/a" "$work/out"
run $minnow inspect "$out"
check "it is a GGUF file" prints 'GGUF version 3$'
check "with the metadata" prints '^  qwen2.block_count  *2$'
cp "$out" "$work/before"

run $minnow convert $small "$work/out"
check "another name is refused: exit 2" exits 2
check "with a sentence" complains 'has to end in .gguf'
run $minnow convert "$work/none" "$out"
check "no directory: exit 3" exits 3
check "and a sentence" complains 'there is no such directory'
run $minnow convert "$work" "$out"
check "no model in it: exit 1" exits 1
check "and a sentence" complains 'is a directory without config.json'
check "what was there stays" cmp -s "$out" "$work/before"
run $minnow convert $small
check "one name only: exit 2" exits 2

run $minnow inspect $small
check "inspect tells that it is a directory" prints '^  file  .*, a directory, shown as the GGUF file it would become$'
check "under GGUF's names" prints '^  blk.1.ffn_down.weight  *bf16 '
run $minnow inspect --json $dir
check "inspect --json" prints '"gguf_version": 0,$'
run $minnow tokenize $dir 'hello world'
check "tokenize" exits 0
run $minnow render --model $dir hi
check "render" prints '^hi<|im_end|>'
run $minnow bench $small --prompt 8 --generate 4 --repeat 1
check "bench" exits 0

copy() { rm -rf "$work/m"; cp -r tests/golden/hf/mistral "$work/m"; chmod -R u+w "$work/m"; }
copy
rm "$work/m/model-00002-of-00003.safetensors"
run $minnow run "$work/m" hi
check "a missing shard: exit 1" exits 1
check "is named" complains 'names the file model-00002-of-00003.safetensors, which is missing'
copy
cp "$work/m/model-00001-of-00003.safetensors" "$work/m/model-00002-of-00003.safetensors"
run $minnow logits "$work/m" --tokens 1
check "a shard twice" complains 'is in two files'
copy
sed 's/"num_hidden_layers": 2/"num_hidden_layers": 1/' tests/golden/hf/mistral/config.json >"$work/m/config.json"
run $minnow logits "$work/m" --tokens 1
check "a configuration of fewer layers" complains 'config.json speaks of 1 layers'
sed 's/"num_hidden_layers": 2/"num_hidden_layers": 3/' tests/golden/hf/mistral/config.json >"$work/m/config.json"
run $minnow logits "$work/m" --tokens 1
check "of more layers" complains 'no tensor blk.2.attn_norm.weight'
sed 's/"hidden_size": 32/"hidden_size": 64/' tests/golden/hf/mistral/config.json >"$work/m/config.json"
run $minnow logits "$work/m" --tokens 1
check "of another width" complains 'has the shape'
copy
cp $dir/tokenizer.json "$work/m"
run $minnow tokenize "$work/m" hi
check "the tokenizer of another model" complains 'the embedding only 64 rows: the tokenizer belongs to another model'
copy
head -c 5000 tests/golden/hf/mistral/model-00001-of-00003.safetensors >"$work/m/model-00001-of-00003.safetensors"
run $minnow logits "$work/m" --tokens 1
check "a shard that is cut short" complains 'model-00001-of-00003.safetensors: .*cut short or damaged'
finish
