# minnow help, --help, --version, and what is said about a wrong command line.
. tests/cli/lib.sh

run $minnow help
check "help exits 0" exits 0
listed=yes
for c in $(sed -n 's/^CMD(\([a-z]*\)).*/\1/p' tui/cmd/cmd.def); do
	prints "^  $c" || listed="no: $c"
done
check "help lists every command of the table" [ "$listed" = yes ]
check "help keeps to 80 columns" [ -z "$(cut -c81- "$work/out" | tr -d '\n')" ]

explained=yes
for c in $(sed -n 's/^CMD(\([a-z]*\)).*/\1/p' tui/cmd/cmd.def); do
	run $minnow help "$c"
	prints "^usage: minnow $c" && exits 0 || explained="no: $c"
	cp "$work/out" "$work/first"
	run $minnow "$c" --help
	cmp -s "$work/out" "$work/first" || explained="no: $c --help differs"
done
check "every command is explained, by help and by --help alike" [ "$explained" = yes ]

run $minnow help --json
check "help --json is a JSON list" prints '^\['
check "help --json names every command" [ "$(grep -c '^    "name"' "$work/out")" -eq "$(grep -c '^CMD(' tui/cmd/cmd.def)" ]

sed -n 's/^ *"details": "\(.*\)",*$/\1/p' "$work/out" | sed 's/\\n/\
/g' | grep -v '^ ' | grep '[^.:!?)]$' >"$work/broken"
check "a line of the explanations is a paragraph, and none breaks off" [ ! -s "$work/broken" ]

run $minnow --help
check "--help is help" prints '^usage: minnow'
run $minnow --version
check "--version says the version" prints '^minnow [0-9]'

run $minnow no-such-command
check "an unknown command is a usage error" exits 2
check "... told in one line" complains 'no-such-command'
run $minnow help no-such-command
check "help for an unknown command is a usage error" exits 2
run $minnow help --no-such-option
check "an unknown option is a usage error" exits 2
check "... that names the option" complains '--no-such-option'
run $minnow help a b
check "too many arguments are a usage error" exits 2
if [ -w /dev/full ]; then
	$minnow help >/dev/full 2>"$work/err"
	status=$?
	check "a full disk is told" exits 6
fi
finish
