# The threat model in minnow-registry(5): rows T1 to T18, each with a test that is there, or "Not answered:" and why.
. tests/lint/lib.sh
page=man/minnow-registry.5

# Lines "ROW FILE [CASE]", and "ROW -" for a row that is said to have none.
awk '
	/^\.Sh / { inside = $2 == "SECURITY" }
	!inside { next }
	/^\.It T[0-9]+\. ./ { row = $2; sub(/\.$/, "", row); print row, "+" }
	/^Not answered: ...../ { print row, "-" }
	/^\.Pa tests\// { file = $2; print row, file }
	/^\.Pq Ql / { print row, file, $3 }
' "$page" >"$work/rows"

i=1
while [ $i -le 18 ]; do
	[ "$(grep -c "^T$i +" "$work/rows")" -eq 1 ] || echo "T$i: not exactly one row in $page"
	grep -q -e "^T$i -" -e "^T$i tests/" "$work/rows" || echo "T$i: neither a test nor \"Not answered:\""
	i=$((i + 1))
done >"$found"
check "every row of the threat model is answered"

while read -r row file case; do
	case $file in + | -) continue ;; esac
	if [ ! -f "$file" ]; then
		echo "$row: there is no $file"
	elif [ -n "$case" ] && [ "$(grep -cw "$case" "$file")" -lt 2 ]; then		# written, and listed to be run
		echo "$row: $file does not run a case $case"
	fi
done <"$work/rows" >"$found"
check "the tests it names are there, and are run"
finish
