# minnow gc: what no model uses, said before it goes.
. tests/cli/lib.sh
. tests/data/store.sh
head -c 5000 /dev/zero >"$work/a.gguf"
head -c 9000 /dev/zero >"$work/b.gguf"

run $minnow gc
check "no store: exits 0" exits 0
check "silent" silent
on_terminal '' $minnow gc
check "a person is told" prints 'nothing to remove'
store_put tiny a.gguf "$work/a.gguf"
store_put twin b.gguf "$work/b.gguf"
run $minnow gc
check "all in use: silent" silent

rm "$MINNOW_STORE/models/twin/b.gguf"
: >"$MINNOW_STORE/models/tiny/a.gguf.new"
printf 'x' >"$MINNOW_STORE/parts/first-00.part"
run $minnow gc --dry-run
check "--dry-run: bytes that no model uses" prints '^unused	blobs/sha256/[0-9a-f]*	12288	0	$'
check "a leftover" prints '^leftover	models/tiny/a.gguf.new	'
check "an unfinished download" prints '^part	parts/first-00.part	4096	'
check "and all is still there" has parts/first-00.part
run $minnow gc --dry-run --json
check "--json" prints '"kind": "part"'
check "says that it removed nothing" prints '"removed": 0'
on_terminal 'n\n' $minnow gc
check "a person is asked" prints 'of disk come free. Remove it?'
check "no: exit 130" exits 130
check "and nothing went" has parts/first-00.part
check "that fits into 80 columns" fits
on_terminal 'y\n' $minnow gc
check "yes: exit 0" exits 0
check "the part went" has_not parts/first-00.part
check "the leftover went" has_not models/tiny/a.gguf.new
check "the bytes went" [ "$(ls "$MINNOW_STORE/blobs/sha256" | wc -l)" -eq 1 ]
check "the model stays" has models/tiny/a.gguf
run $minnow verify
check "and is whole" prints 'whole'

ln "$MINNOW_STORE/models/tiny/a.gguf" "$work/outside"
rm "$MINNOW_STORE/models/tiny/a.gguf"
on_terminal 'y\n' $minnow gc
check "a name outside the store is told" prints '1 name outside the store keeps them'
check "and keeps the bytes" cmp -s "$work/a.gguf" "$work/outside"
run $minnow gc extra
check "an argument: exit 2" exits 2
finish
