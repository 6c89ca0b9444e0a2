# Size budgets: functions up to 120 lines (kernels aside), files up to 800; and what no text should hold.
. tests/lint/lib.sh

# A definition: its name at the left margin, its body between braces at the left margin.
sources core registry tui tests 2>/dev/null | xargs awk '
	FNR == 1 { name = "" }
	/^[a-z_][a-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name); start = FNR }
	/^}/ && name != "" {
		if (FNR - start + 1 > 120)
			printf "%s:%d: %s is %d lines long\n", FILENAME, start, name, FNR - start + 1
		name = ""
	}' >"$found"
check "no function over 120 lines outside kernels"

sources core kernels registry tui tests 2>/dev/null | xargs awk '
	FNR == 801 { print FILENAME ": more than 800 lines" }' >"$found"
check "no file over 800 lines"

sources core kernels registry tui tests 2>/dev/null | xargs grep -nE '[ 	]$|^ {8}|^#if 0|TODO|FIXME' >"$found"
check "no trailing blanks, no indentation by blanks, nothing left to do"

sources core kernels registry tui 2>/dev/null | xargs awk '
	{ line = $0; gsub(/\t/, "        ", line) }
	length(line) > 130 && !/"/ { printf "%s:%d: %d columns\n", FILENAME, FNR, length(line) }' >"$found"
check "no line over 130 columns (messages are not broken)"
finish
