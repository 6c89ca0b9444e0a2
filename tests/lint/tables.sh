# Tables: a row has its file and a file its row; every action can be reached; no key means two things.
. tests/lint/lib.sh

rows() {	# FILE: the first word of every row
	[ -f "$1" ] && sed -n 's/^[A-Z]*(\([a-z0-9_]*\)[,)].*/\1/p' "$1"
}

# TABLE SYMBOL FOLDER: rows <-> files in FOLDER that define SYMBOL<row>
matches() {
	[ -d "$3" ] || return 0
	rows "$1" | sort >"$work/rows"
	grep -rhoE "^(const struct [a-z_]+|struct [a-z_]+) $2[a-z0-9_]+ =" "$3" | sed "s/.* $2//; s/ =//" | sort >"$work/files"
	comm -23 "$work/rows" "$work/files" | sed "s|^|$1: no $2 is defined for: |" >>"$found"
	comm -13 "$work/rows" "$work/files" | sed "s|^|$1: no row for $2|" >>"$found"
}
matches core/arch/arch.def arch_ core/arch
matches tui/cmd/cmd.def cmd_ tui/cmd
matches tui/view.def view_ tui/view
matches registry/adopt.def adopt_ registry
check "rows of commands, views, architectures and programs have their definitions, and these their rows"

for c in $(rows tui/cmd/cmd.def); do
	[ -f "tui/cmd/$c.c" ] || echo "tui/cmd/$c.c is missing"
done >"$found"
for t in $(rows kernels/qtype.def); do
	[ -f "kernels/fmt/$t.c" ] || echo "kernels/fmt/$t.c is missing"
done >>"$found"
for def in kernels/*/isa.def; do
	for i in $(rows "$def"); do
		[ -d "$(dirname "$def")/$i" ] || echo "$(dirname "$def")/$i/ is missing"
	done
done >>"$found"
check "a row has its file"

for def in $(find core kernels registry tui -name '*.def'); do
	case $def in tui/keys.def | tui/setting.def) continue ;; esac		# named by their first two words
	rows "$def" | sort | uniq -d | sed "s|^|$def: twice: |"
done >"$found"
check "no row stands twice"

sed -n 's/^BIND(\([a-z]*\), *\("[^"]*"\),.*/\1 \2/p' tui/keys.def | sort | uniq -d >"$found"
check "no key means two things in one context"

# keys.def names the actions that have no key of their own in a comment: "No key: a, b."
rows tui/action.def | sort >"$work/actions"
{
	sed -n 's/^BIND(.*, *\([a-z0-9_]*\)).*/\1/p' tui/keys.def
	sed -n 's/.*No key: \([a-z_, ]*\)\..*/\1/p' tui/keys.def | tr -s ', ' '\n\n'
} | sort -u | comm -23 "$work/actions" - >"$found"
check "every action has a key or is said to have none"
finish
