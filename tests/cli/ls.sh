# minnow ls: what is on this machine, for people and for programs.
. tests/cli/lib.sh
. tests/data/store.sh
. tests/data/gguf.sh
gguf_tiny >"$work/a.gguf"
head -c 5000 /dev/zero >"$work/b.gguf"
TAB=$(printf '\t')

run $minnow ls
check "nothing yet: exits 0" exits 0
check "and prints nothing" silent
check "and makes no store" has_not models
on_terminal '' $minnow ls
check "a person is told what to do" prints 'minnow pull MODEL downloads it'
run $minnow ls --json
check "--json: an empty list" says '[]'

store_put tiny tiny-Q4_0.gguf "$work/a.gguf"
store_put tiny tiny-Q8_0.gguf "$work/b.gguf"
store_put a-model-of-a-long-name-that-does-not-fit-into-a-narrow-terminal x-Q4_K_M.gguf "$work/b.gguf"
run $minnow ls
check "a line for each model and format" [ "$(wc -l <"$work/out")" -eq 3 ]
check "silent on standard error" [ ! -s "$work/err" ]
check "name" field 2 1 tiny
check "format, from the file's name" field 2 2 Q4_0
check "bytes" field 3 3 5000
check "badge" field 2 4 unverified
check "not used yet" field 2 5 ''
check "where" field 2 6 minnow
check "path" field 2 7 "$MINNOW_STORE/models/tiny/tiny-Q4_0.gguf"
check "no escapes" [ "$(grep -c "$(printf '\033')" "$work/out")" -eq 0 ]
run $minnow ls tiny:q8_0
check "a name with a format" [ "$(wc -l <"$work/out")" -eq 1 ]
check "is that one" field 1 2 Q8_0
run $minnow ls TINY
check "letters of any case" [ "$(wc -l <"$work/out")" -eq 2 ]
run $minnow ls none
check "not there: exit 3" exits 3
check "and a hint" complains 'minnow ls lists'
run $minnow ls tiny:q2_k
check "another format: exit 3" exits 3
check "is said" complains 'not in the format "q2_k"'

on_terminal '' $minnow ls
check "a terminal: a table with titles" prints '^model  *format  *size  *badge  *last use  *where$'
check "a row" prints '^tiny  *Q8_0  *5 kB  *unverified  *never  *minnow$'
check "how many and how much" prints '^3 models, '
check "that fits into 80 columns" fits

$minnow run tiny:q4_0 hello -n 1 >/dev/null 2>&1
run $minnow ls tiny
check "the last use is recorded" [ "$(cut -f 5 "$work/out" | grep -c '^20..-..-..T..:..:..Z$')" -eq 1 ]
on_terminal '' $minnow ls tiny
check "and told" prints '^tiny  *Q4_0 .* just now  *minnow$'

run $minnow ls --json
check "--json is a list" prints '^\[$'
check "with hash" prints '"sha256": "[0-9a-f]\{64\}"'
check "and state" prints '"state": "verified"'
touch "$MINNOW_STORE/models/tiny/tiny-Q8_0.gguf"
run $minnow ls tiny:q8_0 --json
check "a touched file is not verified" prints '"state": "changed"'
cp "$work/a.gguf" "$MINNOW_STORE/models/tiny/own.gguf"
run $minnow ls tiny --json
check "nor is one of somebody else" prints '"state": "unknown"'
printf 'garbage' >"$MINNOW_STORE/stamps/$(cd "$MINNOW_STORE/stamps" && echo * | cut -d ' ' -f 1)"
run $minnow ls
check "a damaged stamp harms nothing" exits 0
check "and all are listed" [ "$(wc -l <"$work/out")" -eq 4 ]

# a file that stays where it is
cp "$work/a.gguf" "$work/elsewhere.gguf"
$minnow import "$work/elsewhere.gguf" >/dev/null 2>&1
run $minnow ls elsewhere
check "an imported file is listed" exits 0
check "where it is" field 1 7 "$work/elsewhere.gguf"
check "not as minnow's" [ "$(cut -f 6 "$work/out")" != minnow ]
run $minnow verify elsewhere
check "and verified there" prints "^elsewhere	$work/elsewhere.gguf	.*	whole	"
run $minnow rm elsewhere
check "rm ends its use" exits 0
run $minnow ls elsewhere
check "it is gone from the list" exits 3
check "and the file stays" cmp -s "$work/a.gguf" "$work/elsewhere.gguf"

MINNOW_STORE=$work/a.gguf
run $minnow ls
check "a store that is a file: exit 1 or 3" [ "$status" -eq 1 -o "$status" -eq 3 ]
check "with one sentence" complains 'a.gguf'
finish
