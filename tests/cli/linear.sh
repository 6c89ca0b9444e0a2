# Plain lines: whole sessions as they are typed, tests/cli/linear/NAME.in, and all that is said, NAME.out.  LINEAR_UPDATE=1
# rewrites what is said.  The parrot of tests/unit/tui_parrot.c answers.
. tests/cli/lib.sh
BUILD=${BUILD:-build}
here=$PWD
for kind in parrot thinks; do
	"$BUILD/tests/unit/tui_parrot" "$work/$kind.gguf" $([ $kind = parrot ] || echo $kind) || exit 1
done
printf 'line one\nline two\n' >"$work/notes.txt"
cp tests/cli/linear/*.json "$work"

# In a folder of its own, on a machine where minnow was never used unless KEEP is set.
linear() {	# INPUT ARGUMENT...
	input=$1
	shift
	[ -n "${KEEP:-}" ] || rm -rf "$work/home"
	mkdir -p "$work/home"
	(cd "$work" && env -i PATH=/usr/bin:/bin HOME="$work/home" TERM=xterm-256color LC_ALL=C.UTF-8 TZ=UTC0 MINNOW_OFFLINE=1 \
	    MINNOW_MACHINE="$machine" timeout 120 "$here/$minnow" "$@" <"$input") >"$work/raw" 2>"$work/err"
	status=$?
	# What differs from run to run.
	sed -E -e "s|$work|WORK|g" -e 's/[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g' -e 's|[0-9.]+ [kM]B/s|N GB/s|g' \
	    -e 's/[0-9]+\.[0-9]+ (in a second|seconds|milliseconds|GB)/N \1/g' \
	    -e 's/no longer than [0-9.]+/no longer than N/g' -e 's/ [0-9]+\.[0-9]{3}([,.])/ N\1/g' -e 's/, [0-9]+ percent/, N percent/g' \
	    -e 's/[0-9.]+ s after [0-9.]+ s/N s after N s/g' -e 's/[0-9] threads? computes?/N threads compute/' -e '/^(Of it all|Energy)|joule/d' "$work/raw" >"$work/out"
}

same() { cmp -s "$work/out" "$1" || { diff "$1" "$work/out" | head -n 20 | sed 's/^/# /'; return 1; }; }
no_escapes() { ! LC_ALL=C grep -q "$(printf '\033\|\007\|\302\233')" "$work/raw"; }

session() {	# NAME SENTENCE ARGUMENT...
	typed=$1 sentence=$2
	shift 2
	linear "$here/tests/cli/linear/$typed.in" chat --linear "$@"
	[ -z "${LINEAR_UPDATE:-}" ] || cp "$work/out" "tests/cli/linear/$typed.out"
	check "$sentence" same "tests/cli/linear/$typed.out"
	check "$typed: leaves with status 0" exits 0
	check "$typed: no escape codes" no_escapes
}

machine=8000000000,27000000000,23400000000
session conversation "a conversation: answer again, branches, finding, copies, settings, files" parrot.gguf --temp 0
check "a copied code block is exact" sh -c "printf 'static int\ncmp(const void *a, const void *b)\n' | cmp -s - '$work/code.txt'"
session conversations "all conversations: search, open, rename, delete, bring back, export, import" thinks.gguf --temp 0
check "what is exported is Markdown" grep -q '^# It rains in Seoul' "$work/told.md"
session lens "tokens: which were unsure, what else, another one instead" parrot.gguf --temp 0 -n 40
session figures "figures in sentences" parrot.gguf --temp 0
session settings "settings: list, one of them, change, wrong values, default" parrot.gguf --temp 0
check "what is set is in the file" grep -q 'glyphs = ascii' "$work/home/.config/minnow/config"
session explore "models: families, one of them, its licence, up, words" parrot.gguf --temp 0
session downloads "downloads: what cannot be had, tried again, cancelled" parrot.gguf --temp 0
session help "help by subject, commands by words, what has no meaning here" guide
session full "what does not fit is asked" parrot.gguf --temp 0 -c 256

# A menu is never longer than twenty, and goes on by "more".
KEEP=1
linear "$here/tests/cli/linear/log.in" chat --linear parrot.gguf --temp 0
check "the log, the newest first" grep -q '^  1\. TIME: parrot\.gguf is loaded\.$' "$work/out"
check "lists end at twenty" sh -c "! grep -q '^ 21\. ' '$work/out'"
printf ':settings\nmore\n\n' >"$work/more.in"
linear "$work/more.in" chat --linear parrot.gguf
check "and go on by more" grep -q '^ 21\. sampling\.' "$work/out"

# Every action is known: it does something, or says why not.
sed -n 's/^ACTION([a-z_0-9]*, "\([a-z0-9-]*\)".*/:\1\n/p' tui/action.def | grep -v '^:\(quit\|suspend\|editor\)$' >"$work/all.in"
linear "$work/all.in" chat --linear parrot.gguf --temp 0
check "every action of the table is known" sh -c "! grep -q 'There is no command\|(null)\|full screen' '$work/out'"
check "and the session ends as the input does" exits 0
check "without escape codes" no_escapes

# What comes from outside is shown, not sent.
printf ':attach a\033[31mb\n:find \033]0;x\007\n\033[2J\n:rename-chat \302\233evil\n:chats\n\n:export \033[5n\n:log\n:\033[1m\n' >"$work/hostile.in"
linear "$work/hostile.in" chat --linear parrot.gguf --temp 0
check "nothing that is typed or named reaches the terminal" no_escapes
rm -f "$work/"*'[5n'
finish
