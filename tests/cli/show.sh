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

# ---- files on this machine ----
. tests/data/store.sh
. tests/data/gguf.sh
gguf_tiny >"$work/tiny.gguf"
sha=$(sha256sum <"$work/tiny.gguf" | cut -c 1-64)
size=$(wc -c <"$work/tiny.gguf")
run $minnow show qwen3-0.6b
check "nothing is here: nothing is said of it" [ "$(grep -c 'On this machine' "$work/out")" -eq 0 ]
store_put qwen3-0.6b Qwen3-0.6B-Q8_0.gguf "$work/tiny.gguf"
run $minnow show qwen3-0.6b
check "a file that is here is told, with its own badge" prints '^  Q8_0  *[0-9]* kB  unverified   minnow$'
check "beside that of a download" prints '^  Q8_0  *Qwen3-0.6B-Q8_0.gguf .*  registry$'
run $minnow show qwen3-0.6b:q4_k_m
check "not below another format" [ "$(grep -c 'On this machine' "$work/out")" -eq 0 ]
run $minnow show qwen3-0.6b --json
check "--json: here" prints '"here": \[$'
check "--json: its path" prints "\"path\": \"$MINNOW_STORE/models/qwen3-0.6b/Qwen3-0.6B-Q8_0.gguf\""
touch "$MINNOW_STORE/models/qwen3-0.6b/Qwen3-0.6B-Q8_0.gguf"
run $minnow show qwen3-0.6b
check "one that was touched is said to have changed" prints '^  Q8_0 .*  unverified   minnow, changed$'

# a registry of our own that knows these bytes
reg=$work/reg
mkdir -p "$reg/models/tiny/tiny-one"
cat >"$reg/models/tiny/tiny-one/entry.json" <<END
{
  "family": "tiny",
  "files": [
    {
      "name": "tiny-one.gguf",
      "quant": "F16",
      "sha256": "$sha",
      "size": $size,
      "sources": [
        {
          "url": "https://models.example/tiny-one.gguf"
        }
      ]
    }
  ],
  "format": 1,
  "id": "tiny-one",
  "name": "Tiny one",
  "summary": "One."
}
END
if command -v git >/dev/null; then
	export GIT_CONFIG_NOSYSTEM=1
	$minnow registry key "$work/alice.key" >"$work/said" 2>&1
	$minnow registry init "$reg" --name core --key "$work/alice.key" >"$work/said" 2>&1
	git init -q -b main "$reg" && git -C "$reg" add -A &&
	    git -C "$reg" -c user.name=T -c user.email=t@example.org commit -qm one
	$minnow registry add core "file://$reg" >"$work/said" 2>&1
	$minnow sync >"$work/said" 2>&1
	store_put core--tiny-one tiny-one.gguf "$work/tiny.gguf"
	run $minnow show tiny-one
	check "one of a signed registry has the badge signed" prints '^  F16  *[0-9]* kB  signed       minnow$'
	run $minnow show "$MINNOW_STORE/models/core--tiny-one/tiny-one.gguf"
	check "by its path too" prints '^  badge  *signed$'
	check "with the model whose bytes it has" prints '^  bytes of  *core/tiny-one:F16$'
	check "and its hash" prints "^  sha256  *$sha\$"
	run $minnow inspect "$MINNOW_STORE/models/core--tiny-one/tiny-one.gguf"
	check "inspect tells the badge" prints '^  badge  *signed$'
	run $minnow inspect "$work/tiny.gguf"
	check "of a copy elsewhere nothing is known" prints '^  badge  *unverified$'
	run $minnow show "$work/tiny.gguf"
	check "nor does show know it" prints '^  badge  *unverified$'
	check "but how to know" prints "^minnow verify "
	run $minnow ls "$work/tiny.gguf"
	check "nor ls" field 1 4 unverified
	run $minnow verify "$work/tiny.gguf"
	run $minnow show "$work/tiny.gguf"
	check "until it was hashed" prints '^  badge  *known hash$'
	run $minnow inspect --json "$work/tiny.gguf"
	check "in JSON" prints '^  "badge": "known hash",$'
	run $minnow ls "$work/tiny.gguf"
	check "ls knows it" field 1 4 'known hash'
	check "and that it is a path" field 1 6 'a path'
	run $minnow ls "$MINNOW_STORE/models/core--tiny-one/tiny-one.gguf"
	check "ls: a path into the store is its model" field 1 1 core/tiny-one
	run $minnow verify "$MINNOW_STORE/models/core--tiny-one/tiny-one.gguf"
	check "verify: too" field 1 6 signed
fi
run $minnow inspect guide
check "the guide has none" [ "$(grep -c '^  badge' "$work/out")" -eq 0 ]
run $minnow show guide
check "nor an entry" complains 'the guide is part of minnow'
run $minnow show "$work/none.gguf"
check "a path that leads nowhere: exit 3" exits 3
store_put own-model own.gguf "$work/tiny.gguf"
run $minnow show own-model
check "a model that no registry has is shown" exits 0
check "as far as it is known" prints '^  .* kB  known hash   minnow$'
store_put kept-model kept.gguf "$work/tiny.gguf" address '{"url": "https://models.example/kept.gguf"}'
run $minnow show kept-model
check "with what was kept of it" prints '^Tiny  kept-model  from address$'
{ cat "$work/tiny.gguf"; echo; } >"$work/in-use.gguf"
$minnow import "$work/in-use.gguf" >"$work/said" 2>&1
run $minnow show in-use
check "one in use where it is" prints '^  .* kB  unverified  '

run $minnow show
check "nothing asked: exit 2" exits 2
finish
