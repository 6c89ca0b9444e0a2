# T15: no command that sees a prompt, or only looks at what is here, calls socket(2): under a filter that kills whoever
# does, all work as ever.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
unset MINNOW_ISA MINNOW_THREADS MINNOW_OFFLINE HF_ENDPOINT HF_TOKEN

caged() { run python3 tests/cli/no_socket.py "$@"; }
caged true
if [ $status -ne 0 ]; then
	echo "ok 1 - no command calls socket(2) # SKIP no seccomp here"
	echo 1..1
	exit
fi
caged python3 -c 'import socket; socket.socket()'
check "the cage kills who calls socket(2)" exits 159

cp registry/guide/guide.gguf "$work/model.gguf"
for model in guide "$work/model.gguf"; do
	caged $minnow run "$model" -n 3 hello
	check "run ${model##*/}" exits 0
	caged $minnow inspect "$model"
	check "inspect ${model##*/}" exits 0
	caged $minnow tokenize "$model" hello
	check "tokenize ${model##*/}" exits 0
	caged $minnow bench "$model" -p 8 -n 2 -r 1
	check "bench ${model##*/}" exits 0
	caged sh -c "echo hello | $minnow chat --linear $model"
	check "chat ${model##*/}" exits 0
done
caged $minnow search qwen
check "search" exits 0
caged $minnow show qwen3-0.6b
check "show" exits 0
caged $minnow families gemma
check "families" exits 0
caged $minnow doctor
check "doctor" exits 0
caged $minnow completion bash
check "completion" exits 0
caged $minnow help
check "help" exits 0
caged $minnow run qwen3-0.6b hello
check "a model that is not here is not fetched" exits 3
for command in ls gc verify import config; do
	$minnow help $command >"$work/out" 2>"$work/err" || continue
	caged $minnow $command
	check "$command" exits 0
done

# The kernel holds run to it as well: a sealed process has its filters.
if [ -r /proc/self/status ] && ./$minnow doctor --json | grep -q '"network": true'; then
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
fi
finish
