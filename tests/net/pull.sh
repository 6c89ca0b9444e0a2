# minnow pull against a server on loopback: killed, interrupted, twice at once, refused, and right in the end.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
XDG_CACHE_HOME=$work/cache
XDG_DATA_HOME=$work/data
no_proxy='*'
NO_PROXY='*'
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME no_proxy NO_PROXY LC_ALL
unset HF_TOKEN HF_ENDPOINT MINNOW_STORE MINNOW_OFFLINE
mkdir "$work/server" "$work/cache"
SIZE=6000000
head -c $SIZE /dev/urandom >"$work/server/data.bin"
sha=$(sha256sum <"$work/server/data.bin" | cut -c 1-64)
mkfifo "$work/in" "$work/port"
python3 tests/net/server.py "$work/server" <"$work/in" >"$work/port" 2>"$work/server.err" &
server=$!
exec 9>"$work/in"
read -r port <"$work/port"
trap 'exec 9>&-; kill $server 2>/dev/null; rm -rf "$work"' EXIT

entry() {	# MORE MEMBERS OF THE ENTRY, MORE OF THE FILE
	cat >"$work/toy.json" <<END
{"format": 1, "id": "toy", "name": "Toy", "summary": "One.", "family": "toy", $1
"files": [{"name": "toy-Q8_0.gguf", "quant": "Q8_0", $2 "sources": [{"hub": "a/b", "path": "data.gguf", "revision": "0123456789012345678901234567890123456789"}]}]}
END
}
known="\"size\": $SIZE, \"sha256\": \"$sha\","
at() { HF_ENDPOINT=http://127.0.0.1:$port/$1; export HF_ENDPOINT; }		# what the server does
fresh() { MINNOW_STORE=$work/store-$1; export MINNOW_STORE; : >"$work/server/log"; }
sent() { awk '{ n += $4 } END { print n + 0 }' "$work/server/log"; }
pull="$minnow pull --entry $work/toy.json"
file() { printf %s "$MINNOW_STORE/models/local--toy/toy-Q8_0.gguf"; }
is_right() { cmp -s "$(file)" "$work/server/data.bin"; }

# at once
entry '"license": "MIT",' "$known"
at plain
fresh plain
run $pull
check "exits 0" exits 0
check "the file is right" is_right
check "standard output tells name, path, bytes and hash" [ "$(cat "$work/out")" = "$(printf 'local--toy\t%s\t%s\t%s' "$(file)" $SIZE $sha)" ]
check "what comes from where is told first" [ "$(head -n 2 "$work/err" | tail -n 1)" = "  files     toy-Q8_0.gguf, 6 MB, from hf:a/b" ]
check "the licence" grep -q '^  licence   MIT$' "$work/err"
check "and that it was verified" grep -q 'toy-Q8_0.gguf: 6 MB in .* s, verified$' "$work/err"
check "every byte came once" [ "$(sent)" -le $((SIZE + 10)) ]
run $pull
check "again: exits 0" exits 0
check "and fetches nothing" [ "$(sent)" -le $((SIZE + 10)) ]
run $pull --offline
check "nor does it need the network" exits 0
run $minnow inspect local/toy
check "the name opens the file" complains "$(file)"
check "which is no model" exits 1

# killed again and again; later each time, or a machine that is slow enough loses the same range for ever
at slow-1500
fresh kill
kills=0
while python3 tests/net/pull.py kill $((2 + kills / 3)) $pull >"$work/out" 2>"$work/err" </dev/null; status=$?; [ $status -eq 137 ] && [ $kills -lt 60 ]; do
	kills=$((kills + 1))
done
check "killed until it is done: exits 0" exits 0
check "it was killed at least twice" [ $kills -ge 2 ]
check "the file is right" is_right
check "it said what was here from the last time" grep -q 'B of it are here' "$work/err"
# A range is 1 MiB here; what the server sent and nobody read counts too.
check "each kill cost at most a range" [ "$(sent)" -le $((SIZE + kills * (1048576 + 4 * 65536))) ]

# interrupted
fresh interrupt
python3 tests/net/pull.py interrupt $pull >"$work/out" 2>"$work/err" </dev/null
status=$?
check "Ctrl-C: exits 130" exits 130
check "and says that what is here stays" grep -q 'B of 6 MB are kept; the same command goes on from there$' "$work/err"
check "in one sentence" grep -q '^minnow pull: interrupted$' "$work/err"
check "nothing has its name yet" [ ! -e "$(file)" ]
before=$(sent)
run $pull
check "again: exits 0" exits 0
check "and goes on from there" [ "$(sent)" -le $((SIZE + before / 2 + 1048576)) ]
check "the file is right" is_right

# two at once
fresh twice
python3 tests/net/pull.py twice $pull >"$work/out" 2>"$work/err" </dev/null
status=$?
check "two at once: both exit 0" exits 0
check "the second says what it waits for" grep -q '^another minnow downloads toy-Q8_0.gguf; waiting for it$' "$work/err"
check "and every byte came once" [ "$(sent)" -le $((SIZE + 10)) ]
check "the file is right" is_right

# without a network, a disk, a licence
fresh refused
at plain
run $pull --offline
check "--offline: exit 5" exits 5
check "in one sentence" complains 'the network is off'
MINNOW_OFFLINE=1 run $pull
check "network.offline: exit 5" exits 5
check "nothing was asked for" [ ! -s "$work/server/log" ]
entry '"license": "Toy Terms",' "$known"
run $pull
check "terms that nobody accepted: exit 2" exits 2
check "and how to" grep -q '"Toy Terms" has to be accepted: say --accept-license' "$work/err"
run $pull --yes
check "--yes is no acceptance" exits 2
check "nothing was fetched" [ ! -s "$work/server/log" ]
run $pull --accept-license
check "--accept-license: exits 0" exits 0
run $pull
check "accepted once is enough" exits 0
entry '"license": "Other Terms",' "$known"
run $pull
check "until the licence changes: exit 2" exits 2
check "and what changed is told" grep -q 'changed   licence: was Toy Terms, is Other Terms' "$work/err"
run $pull --accept-license
check "the new one can be accepted" exits 0
entry '"license": "Other Terms", "template": "chatml",' "$known"
run $pull
check "another template wants a word: exit 2" exits 2
check "and is told" grep -q 'changed   chat format: was not told, is chatml' "$work/err"
run $pull --accept-license
check "which can be given" exits 0
entry '"license": "MIT",' "\"size\": 500000000000, \"sha256\": \"$sha\","
fresh huge
run $pull
check "a disk that is too small is told before: exit 6" exits 6
check "in one sentence" complains 'needs 500000.0 MB more'
check "nothing was fetched" [ ! -s "$work/server/log" ]
entry '"license": "MIT",' "$known"
fresh full
(ulimit -f 5000; $pull >"$work/out" 2>"$work/err" </dev/null)
status=$?
check "a disk that is full in the middle: exit 6" exits 6
check "and what is here stays" grep -q 'B of 6 MB are kept' "$work/err"
run $pull
check "with room it goes on" exits 0
check "the file is right" is_right

# a hash that nobody named
fresh learnt
entry '"license": "MIT",' ''
run $pull
check "without a hash: exits 0" exits 0
check "it is said before" grep -q 'no hash is known yet' "$work/err"
check "and told" grep -q "from now on its SHA-256 has to be $sha" "$work/err"
rm -rf "$(file)" "$MINNOW_STORE/blobs/sha256/$sha" "$MINNOW_STORE/stamps/$sha"
at changes
run $pull
check "from then on it has to be that one: exit 4" exits 4
check "nothing has its name" [ ! -e "$(file)" ]
at plain
run $pull
check "the right one is taken" exits 0

# a library that is loaded late, and is damaged
if objdump -T "$minnow" 2>/dev/null | grep -q curl_easy_init || [ -n "${TEST_SLOW:-}" ]; then
	:		# linked here, or looked for by a sanitizer
else
	mkdir "$work/broken"
	for name in curl git2; do
		file=$(strings -a "$minnow" | grep -x "lib$name[.]so[.0-9]*" | head -n 1)
		[ -z "$file" ] || echo 'no library' >"$work/broken/$file"
	done
	HF_ENDPOINT=http://127.0.0.1:$port
	LD_LIBRARY_PATH=$work/broken run $minnow pull hf:fine/x
	check "without libcurl: exit 1" exits 1
	check "in one sentence" complains 'need libcurl.so.*, which cannot be loaded'
	LD_LIBRARY_PATH=$work/broken run $minnow diff qwen3-0.6b phi-4-mini
	check "without libgit2: exit 1" exits 1
	check "in one sentence" complains 'need libgit2.so.*, which cannot be loaded'
	LD_LIBRARY_PATH=$work/broken run $minnow search qwen3-0.6b
	check "what needs neither works" exits 0
fi

# the hub
fresh hub
HF_ENDPOINT=http://127.0.0.1:$port
run $minnow pull hf:fine/x
check "a repository of the hub: exits 0" exits 0
check "with the hub's hash" grep -q "	$sha\$" "$work/out"
path=$(cut -f 2 "$work/out")
check "the file is right" cmp -s "$path" "$work/server/data.bin"
run $minnow inspect hf:fine/x
check "its address opens it" complains "$path"
name=$(basename "$(dirname "$path")")
run $minnow inspect "$name"
check "so does its name" complains "$path"
: >"$work/server/log"
HF_TOKEN=secret run $minnow pull hf:away/x
check "the token goes to the hub" grep -q ' token$' "$work/server/log"
run $minnow pull hf:gated/x
check "a gated one: exit 5" exits 5
check "and where to accept it" complains '/gated/x'
run $minnow pull "http://127.0.0.1:$port/plain/x.gguf"
check "http is no address" [ $status -ne 0 ]

# the text of a licence
fresh terms
HF_ENDPOINT=http://127.0.0.1:$port
echo "Do what you like." >"$work/server/terms"
run $minnow pull hf:terms/x --yes
check "a repository with a licence: exits 0" exits 0
folder=$(dirname "$(cut -f 2 "$work/out")")
check "its text is kept" cmp -s "$folder/LICENSE.md" "$work/server/terms"
check "and its hash" grep -q "$(sha256sum <"$work/server/terms" | cut -c 1-64)" "$folder/minnow-kept.json"
check "one in a folder is no licence of the whole" [ ! -e "$folder/docs-LICENSE" ]
run $minnow pull hf:terms/x
check "again: nothing changed" exits 0
check "nor is it said" [ "$(grep -c changed "$work/err")" -eq 0 ]
echo "Pay for it." >"$work/server/terms"
run $minnow pull hf:terms/x
check "another text: exit 2" exits 2
check "it is said" grep -q 'licence: LICENSE.md has another text' "$work/err"
check "and was not accepted" grep -q 'the text of the licence of hf:terms/x changed, and was not accepted' "$work/err"
run $minnow pull hf:terms/x
check "it is asked again: exit 2" exits 2
run python3 tests/net/pull.py answer y $minnow pull hf:terms/x
check "at a terminal it can be accepted: exits 0" exits 0
check "once it was asked for" prints 'Accept it?'
run $minnow pull hf:terms/x
check "once is enough" exits 0

# what another program has
OLLAMA_MODELS=$work/ollama
export OLLAMA_MODELS
guide=$PWD/registry/guide/guide.gguf
hash=$(sha256sum <"$guide" | cut -c 1-64)
mkdir -p "$OLLAMA_MODELS/blobs" "$OLLAMA_MODELS/manifests/registry.ollama.ai/library/tiny"
cp "$guide" "$OLLAMA_MODELS/blobs/sha256-$hash"
printf '{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:%s"}]}' "$hash" \
    >"$OLLAMA_MODELS/manifests/registry.ollama.ai/library/tiny/1b"
blob=$OLLAMA_MODELS/blobs/sha256-$hash
entry '"license": "MIT",' "\"size\": $(wc -c <"$guide"), \"sha256\": \"$hash\","
at plain
fresh elsewhere
run $pull --offline
check "only found: exit 5" exits 5
check "it is said" grep -q '^Ollama has it on this machine already: minnow import tiny:1b uses it there$' "$work/err"
run python3 tests/net/pull.py answer y $pull
check "at a terminal it is offered: exits 0" exits 0
check "with its place" prints "^  $OLLAMA_MODELS/blobs/sha256-$hash"
check "in a question" prints 'Use it there, and download nothing? \[Y/n\]'
check "and is there" prints 'local/toy is here, where Ollama has it: minnow chat local/toy'
run $pull --offline
check "in use: exits 0" exits 0
check "the path is the other program's" [ "$(cut -f 2 "$work/out")" = "$blob" ]
check "nothing was fetched" [ ! -s "$work/server/log" ]
run $minnow run local/toy hi
check "the name answers" exits 0
run $minnow ls
check "it is listed" grep -q "^local/toy	Q8_0	.*	Ollama	$blob$" "$work/out"
run $pull --own --offline
check "--own wants its own: exit 5" exits 5
run $minnow rm local/toy --yes
check "rm forgets it" exits 0
check "and leaves the file" cmp -s "$blob" "$guide"
run $minnow ls
check "it is not listed any more" [ ! -s "$work/out" ]
printf x >>"$blob"
run python3 tests/net/pull.py answer y $pull --offline
check "a file that is not what its program says: exit 5" exits 5
check "is named" prints 'not the bytes that Ollama names by their hash'
# by address: the hub tells the hash, or the person does
hub_copy() {	# the bytes that the hub has, in the cache of its own programs
	rm -rf "$work/hf"
	mkdir -p "$work/hf/models--ann--X/blobs" "$work/hf/models--ann--X/snapshots/0123"
	cp "$1" "$work/hf/models--ann--X/blobs/$2"
	ln -s "../../blobs/$2" "$work/hf/models--ann--X/snapshots/0123/x-Q8_0.gguf"
}
OLLAMA_MODELS=$work/none
fresh address
real=$work/server/data.bin
cp "$real" "$work/data.kept"
HF_ENDPOINT=http://127.0.0.1:$port
HF_HUB_CACHE=$work/hf
export HF_HUB_CACHE
hub_copy "$real" "$sha"
run $minnow pull hf:fine/x --offline
check "the hub has to be asked for its hash: exit 5" exits 5
run $minnow pull hf:fine/x
check "off a terminal a copy in the hub's own cache is named" grep -q '^Hugging Face has it on this machine already: minnow import ' "$work/err"
fresh address-asked
run python3 tests/net/pull.py answer y $minnow pull hf:fine/x
check "on one it is offered: exits 0" exits 0
check "in a question" prints 'Use it there, and download nothing? \[Y/n\]'
check "and no byte of it comes" [ "$(grep -c resolve "$work/server/log")" -eq 0 ]
run $minnow ls
check "it is listed under the name that a download would have" prints "^hf.fine--x	.*	Hugging Face	"
run $minnow inspect hf:fine/x
check "the address opens it" complains "$work/hf/models--ann--X/"
run $minnow pull hf:fine/x
check "again: nothing to do" exits 0
check "and no byte came" [ "$(grep -c resolve "$work/server/log")" -eq 0 ]
run $minnow rm hf.fine--x --yes
fresh address-hash
url="https://127.0.0.1:1/x.gguf"
run python3 tests/net/pull.py answer y $minnow pull "$url#sha256=$sha"
check "an address with a hash: found, too" exits 0
run $minnow inspect "$url"
check "and opened by it" complains "$work/hf/models--ann--X/"
fresh address-none
run python3 tests/net/pull.py answer n $minnow pull "$url"
check "without a hash nothing can be known" [ "$(grep -c 'Use it there' "$work/out")" -eq 0 ]
# A program that keeps no hashes: what has the size is read.
HF_HUB_CACHE=$work/none
lmstudio=$work/.lmstudio/models/ann/X-GGUF
mkdir -p "$lmstudio"
cp "$guide" "$lmstudio/X-Q8_0.gguf"
entry '"license": "MIT",' "\"size\": $(wc -c <"$guide"), \"sha256\": \"$hash\","
at plain
fresh size
run $pull --offline
check "only the size is known: it may be there" grep -q '^LM Studio may have it on this machine already: minnow import ' "$work/err"
run python3 tests/net/pull.py answer y $pull
check "on a terminal it is offered to be read: exits 0" exits 0
check "in a question" prints 'LM Studio has a file of the size of toy-Q8_0.gguf'
check "and is there" prints 'local/toy is here, where LM Studio has it'
run $minnow rm local/toy --yes
printf x | dd of="$lmstudio/X-Q8_0.gguf" bs=1 seek=3000000 conv=notrunc 2>/dev/null
fresh size-other
run python3 tests/net/pull.py answer y $pull --offline
check "another file of that size: exit 5, for it has to be downloaded" exits 5
check "it is said" prints 'LM Studio has another file there, of the same size'
rm -r "$work/.lmstudio"
unset OLLAMA_MODELS HF_HUB_CACHE

# events
fresh json
entry '"license": "MIT",' "$known"
at slow-3000
run $pull --json
check "--json: exits 0" exits 0
check "the events in their order" [ "$(sed 's/^{"event":"\([a-z]*\)".*/\1/' "$work/out" | uniq | tr '\n' ' ')" = "plan begin progress end done " ]
check "and nothing else" [ ! -s "$work/err" ]
fresh faults
at wrong-9
run $pull --json
check "wrong bytes for good: exit 4" exits 4
check "are an event too" prints '^{"event":"stopped"'

# at a terminal
fresh terminal
at plain
entry '"license": "MIT",' "$known"
run python3 tests/net/pull.py answer what $pull
check "neither yes nor no is no, where yes is the default, too: exit 1" exits 1
entry '"license": "Toy Terms",' "$known"
run python3 tests/net/pull.py answer n $pull
check "no at the terminal: exit 1" exits 1
check "it asked" prints 'Accept the licence "Toy Terms" and download 6 MB? \[y/N\]'
check "and nothing came" [ ! -s "$work/server/log" ]
run python3 tests/net/pull.py answer y $pull
check "yes: exits 0" exits 0
check "and what to do next" prints '^local--toy is here: minnow chat local--toy'
check "the file is right" is_right
check "accepted is kept" grep -q '"accepted": true' "$MINNOW_STORE/models/local--toy/minnow-kept.json"
finish
