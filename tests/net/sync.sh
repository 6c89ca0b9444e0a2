# minnow sync, log, diff, blame and registry against a real git server on this machine: a registry is published, changed,
# rolled back, rewritten, forged, and carried by bundle.
. tests/cli/lib.sh

if ! command -v git >/dev/null || ! command -v python3 >/dev/null; then
	echo "ok 1 - sync # SKIP git or python3 is not installed"
	echo 1..1
	exit
fi
here=$(pwd)
minnow=$here/${PROGRAM:-minnow}
HOME=$work/home
unset XDG_CONFIG_HOME XDG_DATA_HOME MINNOW_STORE MINNOW_OFFLINE
GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=Tester
GIT_COMMITTER_EMAIL=t@example.org
export HOME GIT_CONFIG_NOSYSTEM GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
mkdir "$HOME"
reg=$work/reg
synced=$HOME/.local/share/minnow/registries/core
tab=$(printf '\t')

python3 tests/net/git_server.py "$work" >"$work/port" 2>"$work/server" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
while [ ! -s "$work/port" ] && kill -0 $server 2>/dev/null; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")

# A model NAME made of one of the built-in registry.
model() {
	mkdir -p "$reg/models/qwen/$1"
	sed "s/\"id\": \"qwen3-0.6b\"/\"id\": \"$1\"/" registry/catalog/models/qwen/qwen3-0.6b/entry.json >"$reg/models/qwen/$1/entry.json"
	sed "s/^# .*/# $1/" registry/catalog/models/qwen/qwen3-0.6b/card.md >"$reg/models/qwen/$1/card.md"
}
commit() {
	git -C "$reg" add -A
	git -C "$reg" commit -qm "$1"
}
publish() {
	$minnow registry sign "$reg" --key "$work/alice.key" --key "$work/bob.key" >"$work/said" 2>&1 || cat "$work/said"
	commit "$1"
}
state() { (cd "$synced" && find . -type f ! -name lock -exec cksum {} + | sort); }
remember() { state >"$work/before"; }
unchanged() { state | cmp -s - "$work/before"; }
# exit CODE, one line that names the registry and has TEXT, and nothing changed
refused() {
	run $minnow sync core
	check "$1: exit $2" exits "$2"
	check "$1: named with the reason" complains "minnow sync: core: .*$3"
	check "$1: nothing changed" unchanged
}

git init -q -b main "$reg"
model test-one
model test-two
cp registry/catalog/models/qwen/family.json "$reg/models/qwen/"
run $minnow registry init "$reg" --name core --key "$work/alice.key" --key "$work/bob.key" --threshold 2
check "a registry is made" exits 0
check "with its root and index signed" prints 'the index is complete'
commit first
run $minnow registry verify "$reg"
check "and is found right" prints 'version 1 of core is signed, all 6 files are as listed, 2 models'

# ---- add, sync, search ----
run $minnow registry add core "$url/ok/reg"
check "it is added" prints 'minnow sync core'
run $minnow search test-one
check "before it is synced nothing is known of it" exits 3
run $minnow sync
check "it is synced: exits 0" exits 0
check "one line tells the version" prints "^core${tab}first${tab}1${tab}0\$"
check "silent on standard error" [ ! -s "$work/err" ]
run $minnow search test-one
check "search finds it, with its registry" prints "^core/test-one$tab"
run $minnow show test-one
check "show tells where it is from" prints 'from core'
check "its files bear the badge signed" prints '✓\|[+]  signed\|signed'
run $minnow show core/test-one --json
check "in JSON too" prints '"badge": "signed"'
run $minnow registry list
check "list shows it" prints "^core${tab}2${tab}1${tab}good until"
run $minnow registry trust core
check "trust shows the keys" prints 'alice'
check "and how many must sign" prints '2 of 2 keys must sign'
run $minnow registry trust core --json
fingerprint=$(sed -n 's/.*"fingerprint": "\([0-9a-f]*\)".*/\1/p' "$work/out")
check "and the fingerprint" [ ${#fingerprint} -eq 64 ]

# ---- a change ----
sed -i 's/"Apache-2.0"/"MIT"/; s/"context": 40960/"context": 81920/' "$reg/models/qwen/test-one/entry.json"
echo 'More.' >>"$reg/models/qwen/test-two/card.md"
model test-three
publish 'another licence'
run $minnow sync
check "a change is fetched" prints "^core${tab}version${tab}2${tab}1\$"
check "what changed is told: licence" prints "^core${tab}changed${tab}test-one${tab}.*licence Apache-2.0 → MIT"
check "context" prints 'context 40K → 80K'
check "a new model" prints "^core${tab}new${tab}test-three$tab"
check "another card" prints "^core${tab}card${tab}test-two$tab"
run $minnow sync --json
check "nothing new: the same version, as JSON" prints '"version_before": 2'
run $minnow search test-three
check "search finds what is new" prints '^core/test-three'
run $minnow log test-one
check "log: newest first" [ "$(head -n 1 "$work/out" | cut -f 3,5)" = "2${tab}another licence" ]
check "log: what changed" prints 'licence Apache-2.0 → MIT'
check "log: how it came" [ "$(tail -n 1 "$work/out" | cut -f 3,6)" = "1${tab}is new" ]
first=$(tail -n 1 "$work/out" | cut -f 2)
run $minnow log test-one --json --max 1
check "log --json" prints '"subject": "another licence"'
check "log --max" [ "$(grep -c '"commit"' "$work/out")" -eq 1 ]
run $minnow diff test-one
check "diff: against what it was before" prints "^licence Apache-2.0 → MIT$tab"
check "diff: what it means" prints 'context 40K → 80K.*2 times as long'
run $minnow diff "test-one@$first" test-one@v2
check "diff: commits and versions" prints "^licence Apache-2.0 → MIT$tab"
run $minnow diff test-one@v2
check "diff: nothing differs" [ ! -s "$work/out" ]
run $minnow diff test-two
check "diff: cards" prints '^+More\.$'
run $minnow diff test-three
check "diff: a model that never changed" prints 'has not changed since it came'
run $minnow diff core/test-one qwen3-1.7b --json
check "diff: with a model of another registry" prints '"what": "parameters"'
run $minnow diff test-one@abcdef0
check "diff: no such commit: exit 3" exits 3
run $minnow diff test-one@soon
check "diff: no revision: exit 2" exits 2
run $minnow blame test-one
check "blame: a line that changed is of the second commit" [ "$(grep license "$work/out" | cut -f 2)" != "$first" ]
check "blame: one that did not is of the first" [ "$(grep '"arch"' "$work/out" | cut -f 2)" = "$first" ]
run $minnow blame test-two --card --json
check "blame --card --json" prints '"text": "More."'
run $minnow log qwen3-1.7b
check "the built-in registry has no history: exit 3" exits 3
check "in one sentence" complains 'which has no history'

# ---- hosts that are not to be believed ----
remember
git -C "$reg" branch good
git -C "$reg" reset -q --hard HEAD~1
refused "rolled back" 4 'went back to an older state'
git -C "$reg" reset -q --hard good
git -C "$reg" commit -q --amend -m rewritten
refused "rewritten history" 4 'rewrote its history'
git -C "$reg" reset -q --hard good
echo 'Forged.' >>"$reg/models/qwen/test-two/card.md"
commit forged
refused "a file that the index does not list so" 4 'test-two/card.md'
git -C "$reg" reset -q --hard good
$minnow registry key "$work/mallory.key" >"$work/said" 2>&1
sed -i 's/^date .*/date 2026-11-27T00:00:00Z/; s/^version 2/version 3/' "$reg/index"
commit 'index without signatures'
refused "an index that nobody signed" 4 'index.sig'
git -C "$reg" reset -q --hard good
run $minnow registry sign "$reg" --key "$work/mallory.key"
check "a stranger's key signs nothing" complains "mallory is not one of the registry's"
echo x >"$reg/README"
$minnow registry sign "$reg" --key "$work/alice.key" >"$work/said" 2>&1
commit 'one signature'
refused "one signature where two are needed" 4 '1 of 2'
git -C "$reg" reset -q --hard good
sed -i "s|/ok/reg|/junk/reg|" "$HOME/.config/minnow/registries"
echo y >"$reg/README"
publish 'for junk'
refused "junk instead of a pack" 5 'the transfer failed'
sed -i "s|/junk/reg|/missing/reg|" "$HOME/.config/minnow/registries"
refused "no such repository" 5 '404'
sed -i "s|/missing/reg|/ok/reg|" "$HOME/.config/minnow/registries"
run env MINNOW_OFFLINE=1 $minnow sync
check "offline: exit 5" exits 5
check "offline: why" complains 'core: the network is switched off'

# ---- one of several ----
run $minnow registry add other "file://$work/nowhere"
run $minnow sync --json
check "one fails, the other goes on" prints '"version": 3'
check "and the exit status tells of the failure" [ "$status" -ne 0 ]
run $minnow registry remove other
check "a registry is removed" exits 0
run $minnow sync nosuch
check "no such registry: exit 3" exits 3

# ---- a machine without a network ----
run $minnow registry export core "$work/core.bundle"
check "export" exits 0
HOME=$work/far
mkdir "$HOME"
run $minnow registry import core "$work/core.bundle"
check "import wants to know the registry: exit 3" exits 3
run $minnow registry add core https://registry.example/core.git --fingerprint "$fingerprint"
run env MINNOW_OFFLINE=1 $minnow registry import core "$work/core.bundle"
check "import" prints "^core${tab}first${tab}3${tab}0\$"
run $minnow search test-three
check "and the models are there" prints '^core/test-three'
head -c 900 "$work/core.bundle" >"$work/cut.bundle"
HOME=$work/further
mkdir "$HOME"
$minnow registry add core https://registry.example/core.git >"$work/said"
run $minnow registry import core "$work/cut.bundle"
check "a bundle that is cut: exit 4" exits 4
$minnow registry remove core >"$work/said"
$minnow registry add core https://registry.example/core.git --fingerprint "$(printf '%064d' 7)" >"$work/said"
run $minnow registry import core "$work/core.bundle"
check "another fingerprint than was asked for: exit 4" exits 4
check "says so" complains 'core: .*fingerprint'

# ---- the files of a model travel along ----
HOME=$work/home
printf 'these are weights' >"$work/weights"
sha=$(sha256sum "$work/weights" | cut -d ' ' -f 1)
mkdir -p "$reg/models/qwen/test-file"
cat >"$reg/models/qwen/test-file/entry.json" <<END
{
  "family": "qwen",
  "files": [
    {
      "name": "tiny.gguf",
      "quant": "Q8_0",
      "sha256": "$sha",
      "size": 17,
      "sources": [
        {
          "url": "https://models.example/tiny.gguf"
        }
      ]
    }
  ],
  "format": 1,
  "id": "test-file",
  "name": "Test file",
  "summary": "A file that travels."
}
END
publish 'with a file'
run $minnow sync
check "a model with a file" prints "${tab}test-file$tab"
run $minnow registry export core "$work/with.bundle" test-file
check "a file that is not here cannot be exported: exit 3" exits 3
check "and no bundle is left" [ ! -e "$work/with.bundle" ]
$minnow registry export core "$work/with.bundle" >"$work/said"
mkdir -p "$work/with.bundle.models/test-file"
cp "$work/weights" "$work/with.bundle.models/test-file/tiny.gguf"
run $minnow registry import core "$work/with.bundle"
check "a file beside the bundle is taken into the store" prints "^core${tab}files${tab}1\$"
check "under its own name" cmp -s "$HOME/.local/share/minnow/store/models/core--test-file/tiny.gguf" "$work/weights"
rm -r "$work/with.bundle.models"
run $minnow registry export core "$work/with.bundle" test-file
check "and can be exported again" cmp -s "$work/with.bundle.models/test-file/tiny.gguf" "$work/weights"
HOME=$work/far
printf 'those are weights' >"$work/with.bundle.models/test-file/tiny.gguf"
run $minnow registry import core "$work/with.bundle"
check "a file of other bytes: exit 4" exits 4
check "it is not in the store" [ ! -e "$HOME/.local/share/minnow/store/models/core--test-file/tiny.gguf" ]
HOME=$work/home

# ---- another family ----
mkdir -p "$reg/models/moved"
git -C "$reg" mv models/qwen/test-one models/moved/test-one
sed -i 's/"family": "qwen"/"family": "moved"/' "$reg/models/moved/test-one/entry.json"
sed 's/"id": "qwen"/"id": "moved"/' "$reg/models/qwen/family.json" >"$reg/models/moved/family.json"
publish "into a family of its own"
run $minnow sync core
check "a model may move to another family" exits 0
run $minnow log test-one
check "its log goes on" prints "${tab}is new\$"
check "to its beginning" [ "$(tail -n 1 "$work/out" | cut -f 3,6)" = "1${tab}is new" ]
check "through the move" [ "$(head -n 1 "$work/out" | cut -f 5)" = "into a family of its own" ]
check "which is a change" [ "$(grep -c 'is new' "$work/out")" -eq 1 ]
run $minnow diff test-one@v1
check "diff reaches a state before" exits 0

# ---- other keys ----
run $minnow registry rotate "$reg" --key "$work/alice.key" --key "$work/mallory.key" --threshold 2
check "other keys: the ones before must agree" prints 'still lacks signatures'
run $minnow registry sign "$reg" --key "$work/bob.key"
check "they do" prints 'root version 2 is complete'
$minnow registry sign "$reg" --key "$work/alice.key" --key "$work/mallory.key" >"$work/said"
commit 'other keys'
run $minnow sync
check "which sync tells" prints "^core${tab}root${tab}2${tab}1\$"

# A registry begun anew at the same place: its root follows from nothing.
remember
rm -rf "$reg"
git init -q -b main "$reg"
model test-one
$minnow registry init "$reg" --name core --key "$work/new.key" >"$work/said"
commit anew
refused "another registry in its place" 4 'rewrote its history'
run $minnow registry trust core --fingerprint "$(printf '%064d' 7)"
check "a root that has not the fingerprint: exit 4" exits 4
check "nothing changed" unchanged
$minnow registry add look "file://$reg" >"$work/said"
$minnow sync look >"$work/said"
$minnow registry trust look --json >"$work/said"
new=$(sed -n 's/.*"fingerprint": "\([0-9a-f]*\)".*/\1/p' "$work/said")
run $minnow registry trust core --fingerprint "$new"
check "even with it the version does not go back: exit 4" exits 4
check "that is said" complains 'version 1, at least version 6 was asked for'
for _ in 1 2 3 4 5; do $minnow registry sign "$reg" --renew --key "$work/new.key" >"$work/said"; done
commit 'as new'
run $minnow registry trust core --fingerprint "$new"
check "with it and a version as high it is accepted" exits 0
run $minnow registry trust core
check "and asked for from then on" prints "^asked for$tab$new\$"

# ---- one at a time ----
cat >"$work/hold.py" <<END
import fcntl, subprocess, sys
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)
sys.exit(subprocess.call(sys.argv[2:]))
END
config=$HOME/.config/minnow/registries
remember
cp "$config" "$work/config"
for what in "sync core" "registry remove core" "registry trust core --fingerprint $new" "registry add core file://$reg"; do
	run python3 "$work/hold.py" "$synced/lock" $minnow $what
	check "while another program has it, $what: exit 1" exits 1
	check "and says so" complains 'core: another program syncs or changes it right now'
	check "nothing changed" unchanged
	check "nor in the settings" cmp -s "$config" "$work/config"
done
run $minnow registry trust core
check "to look is allowed" exits 0
# What a removal that was cut off left is nothing to go on from.
cp -r "$synced" "$HOME/.local/share/minnow/registries/again"
$minnow registry add again "file://$reg" >"$work/said"
run $minnow registry list
check "a registry that is added anew begins anew" prints "^again.*not synced yet"
$minnow registry remove again >"$work/said"
check "of one that is removed nothing is left" [ "$(ls -d "$HOME/.local/share/minnow/registries/again"* 2>/dev/null | wc -l)" -eq 0 ]
run $minnow registry remove again
check "nor is it there a second time: exit 3" exits 3

# ---- a registry that shows no updates ----
$minnow registry sign "$reg" --renew --now 1767225600 --key "$work/new.key" >"$work/said"
commit 'long ago'
run $minnow sync look
check "sync of an index that expired: exit 4" exits 4
check "with the reason" complains '^minnow sync: look: .*expired on 2026-04-01.*holding back'
check "and it is brought in" prints "^look$tab"
run $minnow sync look
check "the next time, too" exits 4
run $minnow sync look --json
check "--json: exit 4" exits 4
check "--json: expired" prints '"expired": true'
check "--json: but it counts" prints '"ok": true'
for what in "search test-one" "show look/test-one" "families qwen" ls; do
	run $minnow $what
	check "$what: goes on" [ "$status" -eq 0 ]
	check "$what: with a warning that names it" complains '^minnow: look: .*expired on 2026-04-01'
done
run $minnow pull look/test-one --offline
check "pull warns" grep -q '^minnow: look: .*expired on' "$work/err"
run $minnow run guide hi -n 1
check "a model that is here is used without a word" [ ! -s "$work/err" ]
run $minnow registry list
check "list tells it too" prints "^look.*expired 2026-04-01"

# ---- in the place of the built-in one ----
$minnow registry remove look >"$work/said"
$minnow registry remove core >"$work/said"
$minnow registry add own "file://$reg" --replace-builtin >"$work/said"
run $minnow search qwen3-1.7b
check "until it is synced, the built-in registry is there" exits 0
$minnow sync own >"$work/said" 2>&1
run $minnow search qwen3-1.7b
check "then no longer" exits 3
run $minnow search test-one
check "and names need no registry" prints '^test-one'
echo broken >"$HOME/.local/share/minnow/registries/own/trust"
run $minnow search qwen3-1.7b
check "when it cannot be read, the built-in one is there again" exits 0
check "with one line on standard error" complains 'the registry own is left out'
finish
