# minnow verify: damage is named, repaired from where the model came from, and never used.
. tests/cli/lib.sh
. tests/data/store.sh
. tests/data/gguf.sh
gguf_tiny >"$work/a.gguf"
size=$(wc -c <"$work/a.gguf")

run $minnow verify
check "nothing there: exits 0" exits 0
check "silent" silent
run $minnow verify none
check "no such model: exit 3" exits 3

store_put tiny tiny.gguf "$work/a.gguf" address "{\"url\": \"file://$work/a.gguf\"}"
store_put lost lost.gguf "$work/a.gguf"
run $minnow verify
check "whole: exits 0" exits 0
check "a line for each file" [ "$(wc -l <"$work/out")" -eq 3 ]
check "model, file, bytes, state, damage, badge" prints "^tiny	tiny.gguf	$size	whole		unverified\$"
run $minnow verify --deep tiny --json
check "--deep reads for SHA-256" prints '"sha256_read": true'

store_damage tiny tiny.gguf 1500
run $minnow ls tiny --json
check "a look at the file's time tells nothing" prints '"state": "verified"'
run $minnow verify tiny
check "reading does: exit 4" exits 4
check "the damaged part is named" prints '	damaged	1000+1000	'
check "and what to do" complains 'minnow verify --repair tiny'
run $minnow verify tiny
check "it is still known the next time" prints '	damaged	1000+1000	'
run $minnow run tiny hello
check "it is not used: exit 4" exits 4
check "it says that it looks again" grep -q 'changed since it was verified' "$work/err"
check "and what to do" grep -q 'minnow verify --repair tiny' "$work/err"
check "there is no answer" [ ! -s "$work/out" ]
run $minnow verify --repair lost
check "no source: exit 4" exits 4
check "with the reason" complains 'no registry tells where lost.gguf comes from'
check "and no copy of it is left behind" [ -z "$(ls "$MINNOW_STORE/parts")" ]
run $minnow verify --repair tiny
check "repaired: exits 0" exits 0
check "and said" prints '	repaired	1000+1000	'
check "the bytes are right" cmp -s "$work/a.gguf" "$MINNOW_STORE/models/tiny/tiny.gguf"
check "those of its twin too" cmp -s "$work/a.gguf" "$MINNOW_STORE/models/lost/lost.gguf"
run $minnow verify --deep
check "all is whole" [ "$(grep -c '	whole	' "$work/out")" -eq 3 ]

# a file that was touched, and is whole
touch "$MINNOW_STORE/models/tiny/tiny.gguf"
run $minnow run tiny hello --raw -n 1
check "a touched file is read first" complains 'tiny.gguf changed since it was verified, so it is read first'
check "and used" exits 0
run $minnow run tiny hello --raw -n 1
check "once" [ ! -s "$work/err" ]

# the source has other bytes now
store_damage tiny tiny.gguf 10
head -c "$size" /dev/zero >"$work/a.gguf"
run $minnow verify --repair tiny
check "wrong bytes are not taken: exit 4" exits 4
check "and the reason is one sentence" complains 'could not be repaired'
gguf_tiny >"$work/a.gguf"
run $minnow verify --repair tiny
check "later the right ones are" exits 0

cp "$work/a.gguf" "$MINNOW_STORE/models/tiny/own.gguf"
run $minnow verify tiny
check "what minnow did not put there is no damage" exits 0
check "but unverified" prints '^tiny	own.gguf	.*	unverified	'

on_terminal '' $minnow verify
check "a terminal: how long and how fast" prints 'GB/s$'
check "that fits into 80 columns" fits
store_damage tiny tiny.gguf 1500
on_terminal '' $minnow verify tiny
check "damage in words" prints 'damaged from 1 kB to 2 kB'

# a file elsewhere
run $minnow verify "$work/a.gguf"
check "a path: exits 0" exits 0
check "no registry knows it" prints '	hashed		unverified$'
run $minnow verify "$work/a.gguf" --json
check "its hash is told" prints "\"sha256\": \"$(sha256sum "$work/a.gguf" | cut -d ' ' -f 1)\""
run $minnow verify "$work/none.gguf"
check "not there: exit 3" exits 3
run $minnow verify "$work/"
check "a folder: exit 1" exits 1
finish
