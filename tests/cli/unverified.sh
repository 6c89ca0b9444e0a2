# Files outside the store: said once, asked once, remembered; never read without a word.
. tests/cli/lib.sh
. tests/data/store.sh
. tests/data/gguf.sh
gguf_tiny >"$work/a.gguf"
use() { "$@" $minnow run "$work/a.gguf" hello --raw -n 1; }

use run
check "the first time it is said" complains 'a.gguf is unverified; minnow verify .*a.gguf tells'
check "and the model is used" exits 0
use run
check "the second time it is not" [ ! -s "$work/err" ]
touch -d '2020-01-01' "$work/a.gguf"
use run
check "another file of that name is another" complains 'is unverified'
cp "$work/a.gguf" "$work/b.gguf"
run $minnow verify "$work/b.gguf"
run $minnow run "$work/b.gguf" hello --raw -n 1
check "after verify nothing is said" [ ! -s "$work/err" ]
run $minnow run guide hello -n 1
check "nor of the guide" [ ! -s "$work/err" ]
run $minnow quantize "$work/a.gguf" "$work/made.gguf" q8_0
run $minnow run "$work/made.gguf" hello --raw -n 1
check "nor of what quantize made" [ ! -s "$work/err" ]
check "no file was used or made outside the cache" [ ! -e "$MINNOW_STORE" ]

cp "$work/a.gguf" "$work/c.gguf"
on_terminal 'n\n' $minnow run "$work/c.gguf" hello --raw -n 1
check "a person is asked" prints 'Use it?'
check "no: exit 130" exits 130
on_terminal 'n\n' $minnow run "$work/c.gguf" hello --raw -n 1
check "no is not remembered" prints 'Use it?'
on_terminal 'h\nn\n' $minnow run "$work/c.gguf" hello --raw -n 1
check "hashing says what it found" prints 'No registry of this machine knows its hash'
check "and asks again" exits 130
on_terminal 'y\n' $minnow run "$work/c.gguf" hello --raw -n 1
check "yes: it is used" exits 0
on_terminal '' $minnow run "$work/c.gguf" hello --raw -n 1
check "and not asked again" exits 0
check "at all" [ "$(grep -c 'Use it' "$work/out")" -eq 0 ]

store_put tiny tiny.gguf "$work/a.gguf"
run $minnow run "$MINNOW_STORE/models/tiny/tiny.gguf" hello --raw -n 1
check "a file of the store by its path needs no word" [ ! -s "$work/err" ]
touch "$MINNOW_STORE/models/tiny/tiny.gguf"
run $minnow run "$MINNOW_STORE/models/tiny/tiny.gguf" hello --raw -n 1
check "unless it changed: exit 4" exits 4
chmod 500 "$work/cache" "$work/cache/minnow" "$work/cache/minnow/known"
cp "$work/a.gguf" "$work/d.gguf"
run $minnow run "$work/d.gguf" hello --raw -n 1
check "where nothing can be remembered it is used all the same" exits 0
chmod 700 "$work/cache" "$work/cache/minnow" "$work/cache/minnow/known"
finish
