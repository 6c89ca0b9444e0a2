#!/bin/sh
# minnow next to other programs on the same files: tests in turns (A B A B ...), medians, spread, ratios.
#
# usage: PEERS="NAME=LLAMA-BENCH [OPTIONS]; ..." tests/bench/compare.sh [-t TESTS] [-r ROUNDS] [-o FILE.csv] MODEL.gguf...
#        tests/bench/compare.sh -s [-o FILE.csv]	only the table of what the file holds
#
#   PEERS   programs that take the options of llama-bench, separated by ";": "ik=/opt/ik/llama-bench -rtr 1; lc=llama-bench".
#           One whose file is called minnow... is run as such: an older build next to this one.
#   MINNOW  the program (./minnow)
#   -t      ppN, a prompt of N tokens; tgN, N tokens one after another; either with @D behind D tokens of context, /KV with
#           keys and values kept as KV, xT with T threads; first, milliseconds of a whole process that loads the file and
#           computes a prompt of 20.  "pp512 tg128"; all of them: "pp512 tg128 pp512x1 pp512x4 tg128x1 tg128x4 pp4096
#           pp512@4096 tg64@4096 tg64@4096/q8_0 tg64@16384 tg64@16384/q8_0 first"
#   -r      rounds (5); each runs all programs once, every time another one first
#   -o      where the lines go, behind those that are there (compare.csv): so a comparison may be made piece by piece
#
# Threads are 2 unless a test says otherwise (THREADS).  A line of the file: model, test, program, round, tokens per second (of
# first: milliseconds), megabytes of resident memory at most, and of minnow's what a token needs and what the machine gave at
# that moment, in bytes or operations (per second).  The ratio of a table is the median over the rounds of minnow by the peer
# that is best there; shares are of memory's speed or of the integer or float units, as `minnow bench` measures them.
# A peer without -d (ik_llama.cpp) computes tgN@D as -gp D,N, and ppN@D not at all.
set -eu

minnow=${MINNOW:-./minnow} threads=${THREADS:-2}
tests="pp512 tg128" rounds=5 csv=compare.csv only_table=
usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit "$1"; }
while getopts t:r:o:sh option; do
	case $option in
	t) tests=$OPTARG ;;
	r) rounds=$OPTARG ;;
	o) csv=$OPTARG ;;
	s) only_table=1 ;;
	h) usage 0 ;;
	*) usage 2 >&2 ;;
	esac
done
shift $((OPTIND - 1))
[ -n "$only_table" ] || [ $# -gt 0 ] || usage 2 >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# ---- programs: $work/programs holds a line for each, NAME and COMMAND ----
printf 'minnow\t%s\n' "$minnow" >"$work/programs"
printf '%s\n' "${PEERS:-}" | tr ';' '\n' | sed -n 's/^[[:space:]]*\([^=[:space:]]*\)=\(.*\)/\1\t\2/p' >>"$work/programs"
n_programs=$(wc -l <"$work/programs")
name_of() { sed -n "$1s/	.*//p" "$work/programs"; }
command_of() { sed -n "$1s/[^	]*	//p" "$work/programs"; }
is_minnow() {
	set -- $1
	case ${1##*/} in minnow*) ;; *) false ;; esac
}
takes() { $1 --help 2>&1 | grep -q -e "$2"; }		# COMMAND OPTION

# ---- tests ----
# Sets kind, n, depth, kv and t of a test like tg64@4096/q8_0x2.
parse() {
	rest=$1 t=$threads kv=f16 depth=0
	case $rest in *x[0-9]*) t=${rest##*x} rest=${rest%x*} ;; esac
	case $rest in */*) kv=${rest#*/} rest=${rest%%/*} ;; esac
	case $rest in *@*) depth=${rest#*@} rest=${rest%%@*} ;; esac
	kind=${rest%%[0-9]*} n=${rest#"$kind"}
	case $kind$n$depth$t in
	first[0-9]*) n=20 ;;
	pp*[!0-9]* | tg*[!0-9]*) false ;;
	pp?* | tg?*) [ -n "$n" ] ;;
	*) false ;;
	esac || { echo "compare.sh: there is no test \"$1\" (see compare.sh -h)" >&2; exit 2; }
}

title() { basename "$1" .gguf; }

milliseconds() {
	now=$(date +%s%N)
	case $now in
	*[!0-9]*) echo "$(date +%s)000" ;;	# a date(1) without nanoseconds
	*) echo $((now / 1000000)) ;;
	esac
}

# The arguments for the test at hand, without the model; status 1: the program has no such test.
minnow_arguments() {
	common="-r 1 -t $t --kv $kv --json"
	[ "$depth" -eq 0 ] || common="$common -d $depth"	# an older one has no -d
	case $kind in
	first) echo "--first $common" ;;
	pp) echo "-p $n -n 0 $common" ;;
	tg) echo "-p 0 -n $n $common" ;;
	esac
}
# A peer that does not compute a whole prompt to get warm does its test twice, the first time to get warm; behind a context it
# is warm anyway.
peer_arguments() {	# COMMAND
	common="-t $t -fa 1 -ctk $kv -ctv $kv -o json"
	if takes "$1" --no-warmup; then once='-r 1' cold='--no-warmup -r 1'; else once='-r 2' cold='-w 0 -r 1'; fi
	case $kind in
	first) echo "-p 20 -n 0 $cold $common"; return ;;
	pp) arguments="-p $n -n 0" ;;
	tg) arguments="-p 0 -n $n" ;;
	esac
	if [ "$depth" -eq 0 ]; then
		echo "$arguments $once $common"
	elif takes "$1" --n-depth; then
		echo "$arguments -d $depth -r 1 $common"
	elif [ "$kind" = tg ]; then
		echo "-p 0 -n 0 -gp $depth,$n -r 1 $common"
	else
		return 1
	fi
}

# The last value of KEY, or the last in its list, in what was printed.
json() {
	sed -n "s/^ *\"$1\": *\(.*[0-9]\).*/\1/p" "$work/out" | tail -n 1 | sed 's/.*[^-+.e0-9]//'
}

# Most resident memory of a process while it runs, in megabytes.
watch_memory() {	# PID
	while grep VmHWM "/proc/$1/status" 2>/dev/null; do
		sleep 0.5 2>/dev/null || sleep 1
	done | awk '{ kb = $2 } END { if (kb) printf "%.1f\n", kb / 1000 }' >"$work/memory"
}

run() {		# COMMAND ARGUMENTS...: what it prints is in $work/out, what it took in took and $work/memory
	: >"$work/memory"
	began=$(milliseconds)
	"$@" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	[ "$kind" = first ] || watch_memory $pid &
	watcher=$!
	wait $pid || { echo "compare.sh: $*: $(tail -n 1 "$work/err")" >&2; wait $watcher; return 1; }
	took=$(($(milliseconds) - began))
	wait $watcher
}

# One program, one test, one round: a line of the file.
measure() {	# NUMBER MODEL TEST ROUND
	name=$(name_of "$1") command=$(command_of "$1")
	need='' roof=''
	if is_minnow "$command"; then
		run $command bench "$2" $(minnow_arguments) || return 0
		value=$(json avg_ts) roof=$(json median_roof)
		memory=$(json peak_bytes | awk '{ printf "%.1f", $1 / 1e6 }')
		[ -n "$memory" ] || memory=$(cat "$work/memory")
		[ -z "$roof" ] || need=$(awk "BEGIN { printf \"%.0f\", $(json work) / $(json n_tokens) }")
	else
		arguments=$(peer_arguments "$command") || return 0
		run $command -m "$2" $arguments || return 0
		value=$(json samples_ts) memory=$(cat "$work/memory")
	fi
	[ "$kind" != first ] || value=$took
	[ -n "$value" ] || { echo "compare.sh: $name printed no figure for $3" >&2; return 0; }
	echo "$(title "$2"),$3,$name,$4,$value,$memory,$need,$roof" >>"$csv"
}

# ---- the table ----
table() {
	awk -F, '
	function median(text,   x, n, i, j, v) {
		n = split(text, x, " ")
		for (i = 2; i <= n; i++) { v = x[i] + 0; for (j = i - 1; j > 0 && x[j] + 0 > v; j--) x[j + 1] = x[j]; x[j + 1] = v }
		lowest = x[1]; highest = x[n]
		return n == 0 ? 0 : n % 2 ? x[(n + 1) / 2] : (x[n / 2] + x[n / 2 + 1]) / 2
	}
	function column(text, width) { printf "%" width "s", text }
	$1 == "model" || NF < 5 { next }
	{
		row = $1 FS $2
		if (!(row in rows)) { rows[row] = 1; order[++n_rows] = row }
		if (!($3 in programs)) { programs[$3] = 1; names[++n_names] = $3 }
		values[row, $3] = values[row, $3] " " $5
		at[row, $3, $4] = $5
		if ($4 > last[row]) last[row] = $4
		if ($6 != "") memory[row, $3] = memory[row, $3] " " $6
		if ($7 != "" && $3 == "minnow") { need[row] = $7; roofs[row] = roofs[row] " " $8 }
	}
	END {
		printf "%-28s %-18s", "model", "test"
		for (p = 1; p <= n_names; p++) column(names[p] " (spread)", 19)
		printf "  %16s  %s\n", "minnow by best", "share of the roof: minnow, best peer; memory in MB: minnow, least peer"
		for (r = 1; r <= n_rows; r++) {
			row = order[r]; split(row, key, FS); first = key[2] ~ /^first/
			printf "%-28s %-18s", key[1], key[2]
			best = ""; best_value = 0; least = 0
			for (p = 1; p <= n_names; p++) {
				name = names[p]
				if (!((row, name) in values)) { column("-", 19); continue }
				m = median(values[row, name])
				column(sprintf("%.2f (%.0f %%)", m, m > 0 ? 100 * (highest - lowest) / m : 0), 19)
				if (name != "minnow" && (best == "" || (first ? m < best_value : m > best_value))) { best = name; best_value = m }
				if (name != "minnow" && (row, name) in memory) { mb = median(memory[row, name]); if (!least || mb < least) least = mb }
			}
			ratios = ""
			for (i = 1; i <= last[row]; i++)
				if ((row, best, i) in at && (row, "minnow", i) in at && at[row, best, i] > 0)
					ratios = ratios " " at[row, "minnow", i] / at[row, best, i]
			column(ratios == "" ? "-" : sprintf("%.2f x %s", median(ratios), best), 18)
			if (need[row] > 0 && (roof = median(roofs[row])) > 0) {
				printf "  %3.0f %%", 100 * need[row] * median(values[row, "minnow"]) / roof
				if (best != "") printf ", %3.0f %%", 100 * need[row] * best_value / roof
				printf " of %.1f G%s/s", roof * 1e-9, key[2] ~ /^tg/ ? "B" : "OP"
			}
			if ((row, "minnow") in memory && !first) printf "; %.0f, %s", median(memory[row, "minnow"]), least ? sprintf("%.0f", least) : "-"
			printf "\n"
		}
	}' "$csv"
}

if [ -z "$only_table" ]; then
	[ -s "$csv" ] || echo "model,test,program,round,value,memory_mb,needs,roof" >"$csv"
	for test in $tests; do
		parse "$test"
	done
	for model; do
		for test in $tests; do
			parse "$test"
			done_before=$(awk -F, -v m="$(title "$model")" -v t="$test" '$1 == m && $2 == t && $4 > n { n = $4 } END { print n + 0 }' "$csv")
			for round in $(awk "BEGIN { for (i = 1; i <= $rounds; i++) print $done_before + i }"); do
				for i in $(awk "BEGIN { for (i = 0; i < $n_programs; i++) print (i + $round) % $n_programs + 1 }"); do
					measure "$i" "$model" "$test" "$round"
				done
			done
		done
	done
fi
table
