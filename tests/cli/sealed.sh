# T15: the kernel holds a command that computes to making no connection: a sealed process has its filters.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME

if [ ! -r /proc/self/status ] || ! $minnow doctor --json | grep -q '"network": true'; then
	echo "ok 1 - a command that computes is filtered # SKIP no seccomp here"
	echo 1..1
	exit
fi
mkfifo "$work/in" "$work/said"
$minnow tokenize guide --jsonl <"$work/in" >"$work/said" &
pid=$!
exec 3>"$work/in" 4<"$work/said"
printf '{"text": "a"}\n' >&3
read -r answer <&4
cp /proc/$pid/status "$work/status"
exec 3>&- 4<&-
wait $pid
status=$?
check "a command that computes answers" [ -n "$answer" ]
check "a command that computes is filtered" grep -q '^Seccomp:	2' "$work/status"
check "... and cannot get new rights" grep -q '^NoNewPrivs:	1' "$work/status"
finish
