#!/bin/sh
# A download from loopback next to curl and to a plain SHA-256 of the same file, in turns, medians of ROUNDS.
# usage: tests/bench/pull.sh [MEGABYTES [ROUNDS [FOLDER]]]      after: make bench-programs
set -eu
program=${BUILD:-build}/tests/bench/registry_pull
megabytes=${1:-2000} rounds=${2:-5} folder=${3:-/tmp}
dir=$(mktemp -d "$folder/minnow-bench-XXXXXX")
mkfifo "$dir/hold"
sleep 100000 >"$dir/hold" &
hold=$!
trap 'kill $hold 2>/dev/null; rm -rf "$dir"' EXIT INT TERM

head -c "${megabytes}000000" /dev/urandom >"$dir/data.gguf"
"$program" serve "$dir/data.gguf" <"$dir/hold" >"$dir/port" &
while [ ! -s "$dir/port" ]; do sleep 0.1; done
port=$(cat "$dir/port")

# Seconds, and seconds of the processor, of a command.
timed() {
	bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1' timed "$@" 2>&1 | awk '{ printf "%.3f %.3f\n", $1, $2 + $3 }'
}
median() {
	sort -n -k1 "$1" | awk -v size="$megabytes" '{ s[NR] = $1; c[NR] = $2 }
	    END { m = int((NR + 1) / 2); printf "%8.2f s  %6.2f s of the processor  %6.2f GB/s\n", s[m], c[m], size / 1000 / s[m] }'
}

for round in $(seq "$rounds"); do
	rm -rf "$dir/store"
	"$program" pull "$port" "$dir/data.gguf" "$dir/store" >>"$dir/minnow"
	rm -rf "$dir/store" "$dir/out"
	timed curl -sS -o "$dir/out" "http://127.0.0.1:$port/data.gguf" >>"$dir/curl"
	rm -f "$dir/out"
	timed sh -c 'curl -sS -o "$1" "$2" && sync "$1"' sh "$dir/out" "http://127.0.0.1:$port/data.gguf" >>"$dir/curl+sync"
	rm -f "$dir/out"
	timed openssl dgst -sha256 "$dir/data.gguf" >>"$dir/openssl"
	timed sha256sum "$dir/data.gguf" >>"$dir/sha256sum"
done
echo "$megabytes MB in $folder, $rounds rounds, load $(cut -d' ' -f1 /proc/loadavg)"
for what in minnow curl curl+sync openssl sha256sum; do
	printf '%-10s' $what
	median "$dir/$what"
done
"$program" digests
