# minnow rm: says who else has the bytes, asks a person, removes.
. tests/cli/lib.sh
. tests/data/store.sh
head -c 5000 /dev/zero >"$work/a.gguf"
head -c 9000 /dev/zero >"$work/b.gguf"
fill() {
	rm -rf "$MINNOW_STORE"
	store_put tiny tiny-Q4_0.gguf "$work/a.gguf" address '{"url": "file:///nowhere/a.gguf"}'
	store_put tiny tiny-Q8_0.gguf "$work/b.gguf"
	store_put twin twin-Q4_0.gguf "$work/a.gguf"
}

run $minnow rm
check "nothing named: exit 2" exits 2
run $minnow rm tiny
check "nothing there: exit 3" exits 3

fill
run $minnow rm tiny:q8_0
check "one format goes" has_not models/tiny/tiny-Q8_0.gguf
check "the other stays" has models/tiny/tiny-Q4_0.gguf
check "with what is kept of it" has models/tiny/minnow-kept.json
check "the line: name, format, bytes, who keeps them" says "$(printf 'tiny\tQ8_0\t12288\t')"
check "and its bytes are gone" [ "$(ls "$MINNOW_STORE/blobs/sha256" | wc -l)" -eq 2 ]
run $minnow rm tiny
check "with the last one all goes" has_not models/tiny
check "a twin keeps the bytes" says "$(printf 'tiny\tQ4_0\t0\ttwin')"
check "which are there" [ "$(ls "$MINNOW_STORE/blobs/sha256" | wc -l)" -eq 1 ]
run $minnow verify
check "and whole" prints 'whole'

fill
run $minnow rm tiny twin --json
check "--json: what came free" prints '"freed": 8192'
check "together they free what they share" [ -z "$(ls "$MINNOW_STORE/blobs/sha256")" ]
check "and nothing is left to sweep" [ -z "$($minnow gc)" ]

fill
run $minnow rm tiny none
check "one of two is missing: exit 3" exits 3
check "and the other stays" has models/tiny/tiny-Q4_0.gguf
run $minnow rm --dry-run tiny twin
check "--dry-run says it" prints '^twin	Q4_0	'
check "and does nothing" has models/twin/twin-Q4_0.gguf
run $minnow rm ../blobs
check "a name that leaves the store: exit 3" exits 3
ln "$MINNOW_STORE/models/twin/twin-Q4_0.gguf" "$work/outside.gguf"
run $minnow rm tiny twin --json
check "a name outside keeps the bytes, and is told" prints '"names_outside": 1'
check "it is whole" cmp -s "$work/a.gguf" "$work/outside.gguf"

fill
on_terminal 'n\n' $minnow rm tiny:q8_0
check "a person is asked" prints 'come free. Remove it?'
check "no: exit 130" exits 130
check "and nothing went" has models/tiny/tiny-Q8_0.gguf
on_terminal '\n' $minnow rm tiny:q8_0
check "an empty answer means no" has models/tiny/tiny-Q8_0.gguf
on_terminal 'y\n' $minnow rm tiny
check "yes: exit 0" exits 0
check "who else has the bytes is said first" prints 'its bytes stay on the disk: twin has the same'
check "and what came free" prints '^removed, '
check "it went" has_not models/tiny
check "that fits into 80 columns" fits
on_terminal '' $minnow rm --yes twin
check "--yes does not ask" exits 0
finish
