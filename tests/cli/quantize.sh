# minnow quantize: the guide made smaller, and what it refuses.
. tests/cli/lib.sh

small=$work/small.gguf
run $minnow quantize guide "$small" Q4_K_M
check "exits 0" exits 0
check "tells what came out" prints 'small.gguf: [0-9.]* MB instead of [0-9.]*, [0-9.]* bits a weight'
check "and in which formats" prints '^  q4_k  '
check "silent on standard error, which is no terminal" [ ! -s "$work/err" ]
run $minnow inspect "$small"
check "the copy opens" prints '^  architecture '
check "with the file type of the mixture" prints 'general.file_type  *15$'
run $minnow run --max-tokens 8 "$small" "What is a token?"
check "and answers" exits 0

run $minnow quantize --json --keep 'blk.0.*=q8_0' -t 2 guide "$small" q2_k
check "--json: the type" prints '"type": "Q2_K",$'
check "--json: the error" prints '"relative_error": 0\.[0-9]'
check "--json: --keep was heard" prints '"format": "q8_0"'
cp "$small" "$work/first"
run $minnow quantize --keep 'blk.0.*=q8_0' -t 1 guide "$small" Q2_K
check "the same bytes with one thread" cmp -s "$small" "$work/first"

run $minnow quantize guide "$small" Q4_K_L
check "an unknown type: exit 2" exits 2
check "and a sentence that lists them" complains '"Q4_K_L" is no type; there are F32, F16'
run $minnow quantize guide "$small" IQ1_S
check "too few bits without an importance matrix: exit 2" exits 2
check "and a sentence" complains 'IQ1_S needs an importance matrix'
run $minnow quantize --imatrix /dev/null guide "$small" IQ1_S
check "a matrix that is no file" complains '/dev/null: is not a regular file'
run $minnow quantize "$small" "$small" Q4_0
check "never onto itself" complains 'cannot take the place of the model'
run $minnow quantize guide "$work/small" Q4_0
check "a name without .gguf" complains 'has to end in .gguf'
run $minnow quantize guide "$work/nowhere/small.gguf" Q4_0
check "a folder that is not there: exit 3" exits 3
run $minnow quantize --keep q8_0 guide "$work/x.gguf" Q4_0
check "--keep without a pattern" complains 'wants PATTERN=FORMAT'
check "nothing is left of what failed" [ "$(ls "$work" | tr '\n' ' ')" = "cache err first out small.gguf " ]

if [ -d ../shared/gold ]; then
	run $minnow quantize ../shared/gold/llama-moe.gguf "$small" Q8_0
	check "experts" exits 0
	run $minnow run --raw --max-tokens 4 "$small" a
	check "and they run" exits 0
fi
finish
