# minnow families: the list, a tree, the line of a model.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME LC_ALL
tab=$(printf '\t')

run $minnow families
check "exits 0" exits 0
check "silent on standard error" [ ! -s "$work/err" ]
check "a line a family, tabs between" prints "^phi${tab}20${tab}2023${tab}Microsoft Research${tab}"
check "all of them" [ "$(wc -l <"$work/out")" -eq "$(ls registry/catalog/models | wc -l)" ]

run $minnow families phi
check "a family has a head" prints '^Phi, by Microsoft Research, since 2023'
check "a tree" prints '^└─ phi-1.5  *1.42B  2023  successor: same 1.3B shape'
check "with branches" prints '^      ├─ phi-3-mini-4k '
check "that holds every model" [ "$(grep -c ' phi-' "$work/out")" -ge 19 ]
LC_ALL=C run $minnow families phi
check "of plain signs where the locale has no others" [ "$(LC_ALL=C tr -d '\n -~' <"$work/out" | wc -c)" -eq 0 ]
check "still a tree" prints '^`- phi-1.5 '
run $minnow families gemma
check "models without an entry are told" prints '^gemini .*(not in the registries)$'
run $minnow families deepseek-r1-distill
check "a parent of another family is named" prints 'from llama-3.1-8b, distillation'

run $minnow families phi-4-mini
check "a model has a line" prints '^phi-1 '
check "with what changed" prints 'parameters 3.82B → 3.84B'
check "and what grew from it" prints '├─ phi-4-mini-reasoning '
check "but not its cousins" [ "$(grep -c 'phi-3-medium' "$work/out")" -eq 0 ]

run $minnow families --json
check "--json is a list" prints '^\['
run $minnow families phi --json
check "a family as JSON has its tree" prints '"tree": \['
check "with typed steps" prints '"kind": "successor"'
check "and differences" prints '"what": "parameters"'

run $minnow families gema
check "no such name: exit 3" exits 3
check "near names are offered" complains '"gemma"'
run $minnow families a b
check "too much: exit 2" exits 2
finish
