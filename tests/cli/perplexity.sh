# minnow perplexity: a model that knows nothing, the guide, and what cannot be compared.
. tests/cli/lib.sh
. tests/data/gguf.sh

# Eight words, all as probable as the others: perplexity is 8 and certain.
zero=$work/zero.gguf
gguf_tiny >"$zero"
met "$zero"
for i in 1 2 3 4 5 6 7 8; do printf 'hello hello hello hello '; done >"$work/hello"
run $minnow perplexity --ctx 16 "$zero" "$work/hello"
check "exits 0" exits 0
check "as many words as could come" prints '^perplexity  *8.0000 ± 0.0000 (± 0.0000 over windows)$'
check "half of each window is scored" prints '^scored  *[0-9]* tokens of [0-9]* windows of 16, '
check "silent on standard error, which is no terminal" [ ! -s "$work/err" ]

# Text in the form the guide knows; its own 4-bit copy as the model, itself as the base.
for q in 'what is a token' 'what is a gguf file' 'how do I quit' 'what is perplexity' 'what is a context window'; do
	printf '<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\nA token is a piece of text.<|im_end|>\n' "$q"
done >"$work/chat"
run $minnow perplexity --special --ctx 32 --json --base guide guide "$work/chat"
check "the guide with itself: exit 0" exits 0
check "no divergence" prints '"max": 0.0[,]*$'
check "always the same word" prints '"same_top": 1.0[,]*$'
grep -v seconds "$work/out" >"$work/first"
run $minnow perplexity --special --ctx 32 --json -t 1 --base guide guide "$work/chat"
grep -v seconds "$work/out" >"$work/second"
check "the same figures with one thread" cmp -s "$work/first" "$work/second"
run $minnow quantize guide "$work/q2.gguf" Q2_K
run $minnow perplexity --special --ctx 32 --base guide "$work/q2.gguf" "$work/chat"
check "a copy in 2 bits diverges" prints '^KL divergence   [0-9]*\.[0-9]* ± [0-9.]* mean, [0-9.]* median, [0-9.]* for 99 %'
check "by more than nothing" [ "$(sed -n 's/^KL divergence *\([0-9.]*\) .*/\1/p' "$work/out")" != 0.000000 ]
check "perplexity of both" prints '^of the base  *[0-9.]* ± '

run $minnow perplexity --ctx 4096 guide "$work/chat"
check "too short a text: exit 1" exits 1
check "and a sentence" complains 'the text has [0-9]* tokens, a window has 4096'
run $minnow perplexity --base "$zero" guide "$work/chat"
check "another vocabulary" complains 'has another vocabulary than the model'
run $minnow perplexity guide "$work/none"
check "no such text: exit 3" exits 3
finish
