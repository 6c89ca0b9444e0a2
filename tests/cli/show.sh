# minnow show: facts, card, files and badges of a model.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME LC_ALL

run $minnow show qwen3-0.6b
check "exits 0" exits 0
check "silent on standard error" [ ! -s "$work/err" ]
check "names the model" prints '^Qwen3 0.6B  qwen3-0.6b$'
check "prints the card" prints '^The smallest Qwen3'
check "and not its heading" [ "$(grep -c '^#' "$work/out")" -eq 0 ]
check "the family and its maker" prints '^  family  *Qwen 3, by Alibaba'
check "where it comes from" prints '^  grew from  *qwen2.5-0.5b'
check "what changed" prints '^  changed .*parameters 494M → 752M'
check "whether it runs here" prints '^  architecture  *qwen3, which this minnow runs$'
check "files with size, memory and badge" prints '^  Q8_0  *Qwen3-0.6B-Q8_0.gguf  *639 MB  *[0-9]* MB .*  registry$'
check "keeps to 80 columns" [ -z "$(LC_ALL=C tr -d '\200-\277' <"$work/out" | cut -c80- | tr -d '\n')" ]

run $minnow show qwen3-0.6b:q8_0
check "a format shows that file" [ "$(grep -c gguf "$work/out")" -eq 2 ]
check "with its hash" prints '^    sha256 9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031$'
check "and its address at a commit" prints 'https://.*/Qwen/Qwen3-0.6B-GGUF/resolve/23749fefcc72300e3a2ad315e1317431b06b590a/Qwen3-0.6B-Q8_0.gguf$'
run $minnow show phi-1.5:q4_k_m
check "without a hash the badge is another" prints 'unverified$'
check "and it is said how it comes" prints 'hash learnt on first download'
run $minnow show mu
check "closed weights are told" prints '^The weights are not public.$'
run $minnow show lfm2-350m
check "an architecture that does not run here" prints 'lfm2, which this minnow does not run'
run $minnow show gemma-4-e2b
check "one that takes pictures runs with text" prints 'gemma4, which this minnow runs with text'
run $minnow show qwen3-embedding-0.6b
check "one that gives no text does not run" prints 'qwen3, which this minnow does not run'
run $minnow show builtin/qwen3-0.6b
check "the registry may be named" exits 0

run $minnow show qwen3-0.6b --json
check "--json is one object" prints '^{'
check "with the entry" prints '"params": 751632384'
check "what is computed" prints '"memory": [0-9]'
check "and the card" prints '"card": "# Qwen3 0.6B'

run $minnow show qwen-0.6b
check "no such model: exit 3" exits 3
check "near names are offered" complains '"qwen3-0.6b"'
run $minnow show qwen3-0.6b:q9
check "no such format: exit 3" exits 3
check "and those there are" complains 'there is Q8_0, Q4_K_M'
run $minnow show
check "nothing asked: exit 2" exits 2
finish
