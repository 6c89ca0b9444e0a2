# minnow registry, sync, log, diff and blame without a network: the file of registries, keys, a registry of one's own, and
# what is said when something is wrong.
. tests/cli/lib.sh
HOME=$work
unset XDG_CONFIG_HOME XDG_DATA_HOME MINNOW_STORE MINNOW_OFFLINE
export HOME
file=$work/.config/minnow/registries
tab=$(printf '\t')
hex=$(printf '%064d' 7)

# ---- the list ----
run $minnow registry list
check "the built-in registry is always there" prints "^builtin${tab}1[0-9][0-9]${tab}${tab}part of the program"
run $minnow sync
check "nothing to sync is no failure" exits 0
check "and tells what to do" prints 'minnow help registry'
run $minnow registry add core https://git.example.org/models.git --fingerprint "$hex" --min-version 3
check "add: exits 0" exits 0
check "the file is in git-config syntax" grep -q '^\[registry "core"\]' "$file"
check "url" grep -q "url = https://git.example.org/models.git" "$file"
check "fingerprint" grep -q "fingerprint = $hex" "$file"
check "min-version" grep -q "min-version = 3" "$file"
run $minnow registry list
check "list shows it" prints "^core${tab}${tab}${tab}not synced yet${tab}https://git.example.org/models.git"
run $minnow registry list --json
check "list --json" prints '"name": "core"'
run $minnow registry trust core
check "trust: what was asked for" prints "^asked for$tab$hex"
check "trust: not synced" prints "^version${tab}not synced yet"
printf '# mine\n[registry "core"]\n\t# because\n\turl = https://git.example.org/models.git\n# end\n' >"$file"
run $minnow registry add two ssh://git@git.example.org/two.git
check "comments stay" [ "$(grep -c '^# mine\|# because\|^# end' "$file")" -eq 3 ]
check "no lock is left" [ ! -e "$file.lock" ]
run $minnow registry remove two
check "remove: exits 0" exits 0
check "its section is gone" [ "$(grep -c two "$file")" -eq 0 ]
check "comments stay again" [ "$(grep -c '^# mine\|# because\|^# end' "$file")" -eq 3 ]
: >"$file.lock"
run $minnow registry add two ssh://git@git.example.org/two.git
check "while another program changes the file: exit 1" exits 1
check "what to do" complains 'another program is changing it'
rm "$file.lock"

# ---- what is refused ----
run $minnow registry
check "no subcommand: exit 2" exits 2
run $minnow registry frob
check "no such subcommand: exit 2" exits 2
check "those that there are" complains 'none of add, list, remove, trust, key, init'
run $minnow registry add core
check "something is missing: exit 2" exits 2
check "what" complains 'minnow registry add NAME URL'
run $minnow registry list core
check "too much: exit 2" exits 2
run $minnow registry list --key x
check "an option of another subcommand: exit 2" exits 2
check "which" complains '\-\-key means nothing to minnow registry list'
run $minnow registry add core https://git.example.org/other.git
check "a name that is taken: exit 1" exits 1
check "who has it" complains 'already, at https://git.example.org/models.git'
for name in Core a_b builtin hf ''; do
	run $minnow registry add "$name" https://git.example.org/x.git
	check "no name for a registry: \"$name\"" exits 2
done
for url in http://git.example.org/x.git git://git.example.org/x.git /tmp/x ftp://x/y; do
	run $minnow registry add three "$url"
	check "no address: $url" exits 2
done
run $minnow registry add three https://git.example.org/x.git --fingerprint abc
check "no fingerprint: exit 2" complains '64 hexadecimal digits'
run $minnow registry remove three
check "no such registry: exit 3" exits 3
check "those that there are" complains 'added were: core'
run $minnow registry trust builtin
check "the built-in registry has no keys" complains 'part of the program'
run $minnow sync three
check "sync: no such registry: exit 3" exits 3
run env MINNOW_OFFLINE=1 $minnow sync core
check "sync: no network wanted: exit 5" exits 5
run env MINNOW_OFFLINE=1 $minnow sync --json
check "sync --json tells the failure" prints '"exit": 5'
run $minnow registry export core "$work/x"
check "export of what was not synced: exit 3" exits 3
run $minnow registry import core "$work/nothing"
check "import of no file: exit 3" exits 3
printf '[registry "core"]\n\turl = https://git.example.org/x.git\n\tcolour = blue\n' >"$file"
run $minnow registry list
check "a member that is not known: exit 2" exits 2
check "file, registry and member" complains 'registries line [0-9]*: registry core: colour'
run $minnow search qwen3-0.6b
check "search goes on with the built-in registry" exits 0
check "in one line" complains 'the added registries are left out'
printf '[registry "core"]\n\tfingerprint = %s\n' "$hex" >"$file"
run $minnow registry list
check "a registry without url: exit 2" complains 'registry core has no url'
printf '[include]\n\tpath = other\n' >"$file"
run $minnow registry list
check "[include]: exit 2" exits 2
check "is refused in so many words" complains 'registries line 2: \[include\] is not followed'
printf '[registry "core"\n' >"$file"
run $minnow registry list
check "no syntax: exit 2" exits 2
rm "$file"

# ---- keys ----
run $minnow registry key "$work/alice.key"
check "key: makes one" exits 0
check "and prints the public half" prints '^alice:[0-9a-f]\{64\}$'
check "its owner alone can read it" [ "$(find "$work/alice.key" -perm 600)" ]
alice=$(cat "$work/out")
run $minnow registry key "$work/alice.key"
check "the second time it is read" [ "$(cat "$work/out")" = "$alice" ]
check "silent on standard error" [ ! -s "$work/err" ]
run $minnow registry key "$work/Bob's"
check "a file that gives no name: exit 2" exits 2
check "what to do" complains '\-\-name does'
run $minnow registry key "$work/Bob's" --name bob
bob=$(cat "$work/out")
check "--name gives it" prints '^bob:'
chmod 644 "$work/alice.key"
run $minnow registry key "$work/alice.key"
check "a key that others can read: exit 4" exits 4
chmod 600 "$work/alice.key"

# ---- a registry of one's own ----
run $minnow registry init "$work/reg"
check "init without keys: exit 2" exits 2
run $minnow registry init "$work/reg" --key "$work/alice.key" --signer bob
check "a signer without key: exit 2" complains 'NAME:KEY'
run $minnow registry init "$work/reg" --key "$work/alice.key" --threshold 2
check "a threshold that cannot be met: fails" [ "$status" -ne 0 ]
rm -rf "$work/reg"
run $minnow registry init "$work/reg" --from-builtin --key "$work/alice.key" --signer "$bob" --threshold 2
check "init --from-builtin" exits 0
check "one signature of two" prints 'its own keys: 1 of 2 signatures needed'
check "its entries are there" cmp -s "$work/reg/models/qwen/qwen3-0.6b/entry.json" registry/catalog/models/qwen/qwen3-0.6b/entry.json
run $minnow registry verify "$work/reg"
check "verify before all signed: fails" [ "$status" -ne 0 ]
run $minnow registry sign "$work/reg" --key "$work/Bob's"
check "the other signs" prints 'root version 1 is complete'
check "and the index" prints 'signed; 1 of 2 signatures needed'
run $minnow registry verify "$work/reg"
check "verify: exit 4" exits 4
check "verify: why" complains '1 of 2 signatures needed'
run $minnow registry sign "$work/reg" --key "$work/alice.key"
check "the index is complete" prints 'the index is complete'
run $minnow registry verify "$work/reg"
check "verify" prints 'version 1 of reg is signed, all [0-9]* files are as listed, 1[0-9][0-9] models'
run $minnow registry verify "$work/reg" --json
check "verify --json" prints '"left_out": \[\]'
run $minnow registry init "$work/reg" --key "$work/alice.key"
check "a registry already: exit 1" exits 1
echo more >>"$work/reg/models/qwen/qwen3-0.6b/card.md"
run $minnow registry verify "$work/reg"
check "a file that changed: exit 4" exits 4
check "which" complains 'models/qwen/qwen3-0.6b/card.md is not as the index lists it'
echo '{}' >"$work/reg/models/qwen/qwen3-0.6b/entry.json"
run $minnow registry sign "$work/reg" --key "$work/alice.key"
check "an entry that is none is signed with a warning" complains 'others will leave this out: models/qwen/qwen3-0.6b/entry.json'
$minnow registry sign "$work/reg" --key "$work/Bob's" >"$work/said" 2>&1
run $minnow registry verify "$work/reg"
check "and verify fails: exit 1" exits 1
run $minnow registry sign "$work/reg"
check "sign without key: exit 2" exits 2
run $minnow registry sign "$work/reg" --key "$work/none.key"
check "sign with no file: exit 3" exits 3
run $minnow registry verify "$work/nothing"
check "verify of nothing: exit 3" exits 3
run $minnow registry rotate "$work/reg" --key "$work/alice.key" --revoke bob
check "rotate: revoke wants a key" complains '\-\-revoke wants a public key'
run $minnow registry rotate "$work/reg" --key "$work/alice.key" --revoke "${bob#*:}"
check "rotate below the threshold is only begun" prints 'still lacks signatures'

# ---- without history ----
run $minnow log qwen3-0.6b
check "log in the built-in registry: exit 3" exits 3
check "log: one sentence" complains 'which has no history'
run $minnow blame qwen3-0.6b
check "blame: the same" complains 'which has no history'
run $minnow diff qwen3-0.6b
check "diff of one: the same" complains 'which has no history'
run $minnow diff qwen3-0.6b@v1
check "diff of a version: the same" complains 'which has no history'
run $minnow diff qwen3-0.6b qwen3-1.7b
check "diff of two models: exits 0" exits 0
check "facts with what they mean" prints '^parameters 752M → 1.72B	2.29 times as many'
check "the cards" prints '^-# Qwen3 0.6B$'
run $minnow diff qwen3-0.6b qwen3-0.6b
check "nothing differs" silent
run $minnow diff qwen3-0.6b phi-4-mini --json
check "diff --json" prints '"what": "architecture"'
check "with the meaning" prints '"meaning": "It computes another way'
run $minnow diff qwen3-0.6b nosuchmodel
check "no such model: exit 3" exits 3

# ---- on a terminal of 80 columns ----
run script -qec "stty cols 80; LC_ALL=C.UTF-8 $minnow diff qwen3-0.6b phi-4-mini" /dev/null
check "diff fits" [ "$(tr -d '\r' <"$work/out" | wc -L)" -le 80 ]
check "diff is indented" prints '^  parameters 752M'
run script -qec "stty cols 80; LC_ALL=C.UTF-8 $minnow registry list" /dev/null
check "list has a heading" prints '^registry  *models'
finish
