# Manual pages are correct mdoc and in step with the tables; README and manual name what exists.
. tests/lint/lib.sh
program=./${PROGRAM:-minnow}

if command -v mandoc >/dev/null; then
	# A reference to a page of another system's manual is no defect here.
	mandoc -T lint man/*.[1-9] 2>&1 | grep -v -e 'referenced manual not found' -e 'mandoc.db' >"$found"
	# Letters outside ASCII are counted and judged by how mandoc spells them.
	mandoc -T lint man/*/man[1-9]/*.[1-9] 2>&1 | grep -v -e 'referenced manual not found' -e 'mandoc.db' \
	    -e 'longer than 80 bytes.*\[u' -e 'trailing delimiter: Nd .*\[u' >>"$found"
	check "manual pages are correct mdoc"
else
	skip "manual pages are correct mdoc" "mandoc is not installed"
fi

for page in man/*.[1-9]; do
	sh man/splice.sh "$program" "$page" | cmp -s - "$page" || echo "$page: run \`make man\`"
done >"$found"
check "manual pages are in step with the tables"

for folder in $(git ls-files 2>/dev/null | sed -n 's|^\([^./][^/]*\)/.*|\1|p' | sort -u); do
	grep -q "\`$folder/" README.md || echo "README.md does not name $folder/"
done >"$found"
for folder in $(grep -o '`[a-z][a-z0-9/]*/`' README.md | tr -d '`'); do
	[ -d "$folder" ] || echo "README.md names $folder, which does not exist"
done >>"$found"
for file in $(sed -n 's/^\.Pa \([a-z.]*\/[a-z./]*\.[a-z]*\).*/\1/p' man/minnow-hacking.7); do
	[ -e "$file" ] || echo "minnow-hacking(7) names $file, which does not exist"
done >>"$found"
check "documents name the folders and files that exist"

sed -n 's/^	ERR_[A-Z_]* = \([0-9]*\),.*/\1/p' core/base/err.h >"$work/codes"
while read -r code; do
	grep -q "^\.It $code\$" man/minnow.1 || echo "exit code $code is not in minnow(1)"
done <"$work/codes" >"$found"
check "every exit code is in the manual"
finish
