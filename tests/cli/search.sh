# minnow search: words, conditions, plain columns, JSON, and the table on a terminal.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
export HOME XDG_CONFIG_HOME
tab=$(printf '\t')

run $minnow search qwen3-0.6b
check "finds a model by its name: exits 0" exits 0
check "silent on standard error" [ ! -s "$work/err" ]
check "one line a model, tabs between" prints "^qwen3-0.6b${tab}751632384${tab}Q8_0${tab}639446688${tab}40960${tab}Apache-2.0${tab}yes${tab}qwen3\$"
check "the best comes first" [ "$(head -n 1 "$work/out" | cut -f 1)" = qwen3-0.6b ]
run $minnow search tinylama
check "a slip of the finger is forgiven" prints '^tinyllama-1.1b'
run $minnow search gemma code
check "every word has to match" [ "$(cut -f 1 "$work/out" | grep -vc gemma)" -eq 0 ]
run $minnow search
check "without words, all models" [ "$(wc -l <"$work/out")" -gt 100 ]
check "no escape codes and no headings" [ "$(tr -d '\n\t -~' <"$work/out" | wc -c)" -eq 0 ]

run $minnow search --family qwen --licence apache --max-size 600MB
check "options narrow the list" prints '^qwen3-0.6b'
check "to the family" [ "$(cut -f 1 "$work/out" | grep -vc ^qwen)" -eq 0 ]
check "to the licence" [ "$(cut -f 6 "$work/out" | grep -vc ^Apache)" -eq 0 ]
check "to the size" [ -z "$(cut -f 4 "$work/out" | awk '$1 < 1 || $1 > 600000000')" ]
run $minnow search qwen3-0.6b --max-size 400MB
check "a smaller file is chosen where it has to be" [ "$(cut -f 3 "$work/out")" = Q4_K_M ]
run $minnow search --thinking --json
check "--thinking leaves out those that do not" [ "$(grep -c '"thinking": "none"' "$work/out")" -eq 0 ]
run $minnow search --fits
check "--fits asks this machine" exits 0
run $minnow search --input image --language ko
check "--input and --language" prints '^qwen3.5-2b'

run $minnow search smolvlm --json
check "--json is a list" prints '^\['
check "of entries" prints '"id": "smolvlm-256m"'
check "that say whether they run" prints '"runs": true'
check "with the badge of each file" prints '"badge": "registry"'

run $minnow search zzzzqqq
check "nothing found: exit 3" exits 3
check "in one line" complains 'no model matches "zzzzqqq"'
run $minnow search phj
check "near names are offered" complains 'did you mean "phi"'
run $minnow search --family qwn
check "no such family: exit 3" exits 3
check "and the near one" complains '"qwen"'
run $minnow search --max-size big
check "no size: exit 2" exits 2
check "and an example" complains 'a size as 800M or 2.5GB'
run $minnow search --max-size 10
check "nothing meets the conditions: exit 3" exits 3

# On a terminal of COLUMNS.
on_terminal() {
	columns=$1
	shift
	run script -qec "stty cols $columns; LC_ALL=C.UTF-8 $minnow $*" /dev/null
	tr -d '\r' <"$work/out" >"$work/plain"
	mv "$work/plain" "$work/out"
}
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	for columns in 40 80 140; do
		on_terminal $columns search
		check "a table within $columns columns" [ -z "$(LC_ALL=C tr -d '\200-\277' <"$work/out" | cut -c$columns- | tr -d '\n')" ]
		check "with a heading" prints '^ *model '
	done
	on_terminal 80 search qwen3-0.6b
	check "marks what runs, with size and licence" prints '^✓  qwen3-0.6b *752M *639 MB  Apache-2.0  '
	check "ends with a hint" prints 'minnow show NAME'
	run script -qec "stty cols 80; LC_ALL=C $minnow search qwen3-0.6b" /dev/null
	check "in a locale without UTF-8, plain signs" prints '^+  qwen3-0.6b'
else
	n=$((n + 1))
	echo "ok $n - on a terminal # SKIP no script(1)"
fi
finish
