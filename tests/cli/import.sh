# minnow import: what other programs have is found, taken into use where it is, and left as it was.
. tests/cli/lib.sh
HOME=$work/home
unset XDG_CACHE_HOME XDG_DATA_HOME OLLAMA_MODELS HF_HOME HF_HUB_CACHE HUGGINGFACE_HUB_CACHE LLAMA_CACHE MINNOW_STORE
XDG_CONFIG_HOME=$work/config
OLLAMA_MODELS=$HOME/ollama
LC_ALL=C.UTF-8
export HOME XDG_CONFIG_HOME OLLAMA_MODELS LC_ALL

# A small model of every program; the guide's weights serve as they are real ones.
guide=$PWD/registry/guide/guide.gguf
hash=$(sha256sum "$guide" | cut -d' ' -f1)
mkdir -p "$HOME/ollama/blobs" "$HOME/ollama/manifests/registry.ollama.ai/library/tiny"
cp "$guide" "$HOME/ollama/blobs/sha256-$hash"
for tag in 1b latest; do
	printf '{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:%s"}]}' "$hash" \
	    >"$HOME/ollama/manifests/registry.ollama.ai/library/tiny/$tag"
done
hub=$HOME/.cache/huggingface/hub/models--ann--Small-GGUF
mkdir -p "$hub/blobs" "$hub/refs" "$hub/snapshots/0123"
printf 0123 >"$hub/refs/main"
cp "$guide" "$hub/blobs/$hash"
ln -s "../../blobs/$hash" "$hub/snapshots/0123/Small-Q8_0.gguf"
false_hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
printf 'GGUF damaged' >"$hub/blobs/$false_hash"
ln -s "../../blobs/$false_hash" "$hub/snapshots/0123/Broken-Q4_0.gguf"
mkdir -p "$HOME/.lmstudio/models/pub/Other-GGUF"
cp "$guide" "$HOME/.lmstudio/models/pub/Other-GGUF/Other-Q4_0-00001-of-00002.gguf"
foreign="$HOME/ollama $HOME/.cache/huggingface $HOME/.lmstudio"
chmod -R a-w $foreign
chmod u+w "$HOME/ollama/blobs/sha256-$hash"	# a user's own files often are
# Everything a write would change; the time of access of folders is not one.
look() { find $foreign -printf '%p %y %i %s %m %n %T@ %C@ %l\n' | sort; }
look >"$work/before"
field() { awk -F '\t' -v name="$1" -v n="$2" '$1 == name { print $n }' "$work/out"; }

run $minnow import
check "lists" exits 0
check "silent on standard error" [ ! -s "$work/err" ]
check "Ollama's blobs by their names" [ "$(field tiny:1b 7)" = tiny:1b ]
check "and where they are" [ "$(field tiny:1b 8)" = "$HOME/ollama/blobs/sha256-$hash" ]
check "the hub's cache" [ "$(field small:q8_0 7)" = ann/Small-GGUF/Small-Q8_0.gguf ]
check "with the format" [ "$(field small:q8_0 3)" = Q8_0 ]
check "as new ones" [ "$(field small:q8_0 5)" = new ]
check "and parts that are missing" [ "$(field other:q4_0 9)" = "only 1 of its 2 parts are there" ]
check "no escapes" [ "$(tr -d '\n\t -~' <"$work/out" | wc -c)" -eq 0 ]
check "looking makes no store" [ ! -e "$HOME/.local" ]
run $minnow import --json
check "--json" prints '"program": "huggingface"'
check "says what is only claimed" prints '"hash_computed": false'
run $minnow run tiny:1b hi
check "not in use before it is imported: exit 3" exits 3

run $minnow import ollama
check "a program for all it has" exits 0
check "both of its names" [ "$(wc -l <"$work/out")" -eq 2 ]
check "in use" [ "$(field tiny:1b 5)" = "in use" ]
run $minnow run tiny:1b hi
check "answers" [ -s "$work/out" ]
run $minnow inspect tiny
check "tiny:latest is tiny, as there" exits 0
run $minnow import Broken-Q4_0.gguf
check "names end at slashes" exits 3
run $minnow import broken
check "a damaged file: exit 4" exits 4
check "says whose hash it is" complains 'not the bytes that Hugging Face names'
run $minnow import other
check "a part missing: exit 1" exits 1
check "says so" complains 'only 1 of its 2 parts'
run $minnow import --all
check "--all takes the others" [ "$(field small:q8_0 5)" = "in use" ]
check "and fails for the damaged one" exits 4
run $minnow import small:q8_0 --json
check "already in use" prints '"state": "in use"'
check "its hash is computed" prints '"hash_computed": true'

look >"$work/after"
check "nothing was written there" cmp -s "$work/before" "$work/after"

cp "$guide" "$HOME/My File.gguf"
run $minnow import "$HOME/My File.gguf"
check "a file" [ "$(field my-file 5)" = "in use" ]
run $minnow import "$HOME/My File.gguf" --name mine:q8_0
check "by a name of one's own" [ "$(field mine:q8_0 8)" = "$HOME/My File.gguf" ]
run $minnow import "$HOME/My File.gguf" --name qwen3-0.6b
check "not one of the registries: exit 2" exits 2
run $minnow import "$HOME/My File.gguf" --name 'a b'
check "not one with blanks: exit 2" exits 2
touch -d '2001-01-01' "$HOME/My File.gguf"
run $minnow run mine:q8_0 hi
check "changed: exit 4" exits 4
check "says what to do" complains 'changed since it was imported.*minnow import mine:q8_0'
run $minnow import mine:q8_0
check "imported again by its name" exits 0
run $minnow run mine:q8_0 hi
check "is used again" exits 0
rm "$HOME/My File.gguf"
run $minnow run mine:q8_0 hi
check "gone: exit 3" exits 3
check "says so" complains 'is gone'
run $minnow import
check "and the list tells" [ "$(field mine:q8_0 5)" = gone ]
run $minnow import --forget mine:q8_0
check "forgets" exits 0
run $minnow import --forget mine:q8_0
check "once: exit 3" exits 3
run $minnow import --copy tiny:1b
check "a copy" exits 0
check "in our own store" [ -f "$HOME/.local/share/minnow/store/blobs/sha256/$hash" ]

# One that the hub's cache says is the registry's.
chmod u+w "$HOME/.cache/huggingface/hub"
known=9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031
mkdir -p "$HOME/.cache/huggingface/hub/models--Qwen--Q/blobs" "$HOME/.cache/huggingface/hub/models--Qwen--Q/snapshots/1"
truncate -s 639446688 "$HOME/.cache/huggingface/hub/models--Qwen--Q/blobs/$known"
ln -s "../../blobs/$known" "$HOME/.cache/huggingface/hub/models--Qwen--Q/snapshots/1/whatever.gguf"
run $minnow import
check "has the name of the registry" [ "$(field qwen3-0.6b:q8_0 6)" = "known hash" ]
run $minnow show qwen3-0.6b
check "show tells" prints 'Qwen3-0.6B-Q8_0.gguf is on this machine already, says Hugging Face'

run $minnow import README.md
check "no model: exit 1" exits 1
check "says why" complains 'no GGUF file'
run $minnow import none-such
check "nothing of that name: exit 3" exits 3
run $minnow import gpt4all
check "a program that is not here: exit 3" exits 3
run $minnow import --copy
check "--copy of nothing: exit 2" exits 2
printf 'minnow adopted 1\n' >"$HOME/.local/share/minnow/store/adopted"
run $minnow import
check "a damaged list: exit 1" exits 1
check "is named" complains 'adopted: is damaged near line 2'
chmod -R u+w $foreign
finish
