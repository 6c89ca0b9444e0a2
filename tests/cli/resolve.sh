# What MODEL means: names, registries, formats, addresses and paths, alike in every command.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
XDG_DATA_HOME=$work/data
XDG_CACHE_HOME=$work/cache
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
unset MINNOW_STORE HF_ENDPOINT
sha=$(sha256sum <registry/guide/guide.gguf | cut -c 1-64)
cat >"$work/entry.json" <<END
{"format": 1, "id": "toy", "name": "Toy", "summary": "One.", "family": "toy", "license": "MIT",
"files": [{"name": "toy-Q8_0.gguf", "quant": "Q8_0", "sha256": "$sha", "size": $(wc -c <registry/guide/guide.gguf),
"sources": [{"url": "file://$PWD/registry/guide/guide.gguf"}]}]}
END

# absent
for command in "inspect NAME" "tokenize NAME hello" "render --model NAME hello" "bench NAME" "run NAME hello" "compare guide NAME -p hello" \
    "logits NAME --tokens 1" "perplexity NAME README.md" "quantize NAME $work/small.gguf Q4_0"; do
	run $minnow $(echo "$command" | sed s/NAME/qwen3-0.6b/)
	check "${command%% *}: a model that is not here: exit 3" exits 3
	check "${command%% *}: and how to get it" complains 'qwen3-0.6b is not on this machine; minnow pull qwen3-0.6b downloads it (Q8_0, 639 MB)$'
done
run $minnow inspect qwen3-0.6b:q4_K_m
check "a format in letters of any case" complains '(Q4_K_M, 397 MB)$'
run $minnow inspect builtin/qwen3-0.6b
check "with its registry" complains 'minnow pull builtin/qwen3-0.6b'
run $minnow inspect qwen3-0.6b:q9
check "a format that is not there" complains 'there is Q8_0, Q4_K_M$'
run $minnow inspect qwen3-0.8b
check "near names are offered" complains 'did you mean "qwen3-0.6b"'
run $minnow inspect mu
check "weights that are not public" complains 'mu has no file that can be downloaded'
run $minnow inspect hf:nobody/nothing
check "an address asks for the download" complains 'minnow pull hf:nobody/nothing'
check "nothing was made on the way" [ ! -e "$work/data/minnow/store" ]
(cd "$work" && mkdir qwen3-0.6b) && run sh -c "cd '$work' && '$PWD/$minnow' inspect qwen3-0.6b"
check "a folder of that name does not take its place" complains 'what is here under that name is ./qwen3-0.6b$'

# here
run $minnow pull --entry "$work/entry.json"
check "a file of this machine can be pulled by its entry" exits 0
for name in local/toy local--toy LOCAL/Toy local/toy:q8_0 local/toy:toy-Q8_0.gguf; do
	run $minnow inspect "$name"
	check "$name opens it" prints 'models/local--toy/toy-Q8_0.gguf$'
done
run $minnow run local/toy hello --temp 0
check "run answers" [ -s "$work/out" ]
head -c 300 README.md >"$work/text"
run $minnow perplexity local/toy "$work/text" --ctx 8 --base local--toy
check "perplexity takes names" exits 0
run $minnow quantize local/toy "$work/small.gguf" Q4_0
check "quantize takes names" exits 0
echo hello | $minnow chat local/toy >"$work/out" 2>"$work/err"
status=$?
check "chat takes names" exits 0
MINNOW_STORE=$work/elsewhere run $minnow inspect local--toy
check "another store has other models" exits 3
chmod u+w "$work/data/minnow/store/models/local--toy/toy-Q8_0.gguf"
printf x >>"$work/data/minnow/store/models/local--toy/toy-Q8_0.gguf"
run $minnow inspect local/toy
check "a file that changed: exit 4" exits 4
check "and what to do" complains 'minnow verify local--toy'
run $minnow pull --entry "$work/entry.json"
check "pull repairs it" exits 0
run $minnow inspect local/toy
check "then it opens again" exits 0
finish
