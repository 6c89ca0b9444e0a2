# T15: no command that sees a prompt, or only looks at what is here, calls socket(2): under a filter that kills whoever
# does, all work as ever.  The script itself runs under it, and what it starts inherits it.
if [ "${1:-}" != caged ]; then
	if python3 tests/cli/no_socket.py true; then
		exec python3 tests/cli/no_socket.py sh "$0" caged
	fi
	echo "ok 1 - no command calls socket(2) # SKIP no seccomp here"
	echo 1..1
	exit
fi
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
export HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
unset MINNOW_ISA MINNOW_THREADS MINNOW_OFFLINE HF_ENDPOINT HF_TOKEN

run python3 -c 'import socket; socket.socket()'
check "the cage kills who calls socket(2)" exits 159

cp registry/guide/guide.gguf "$work/model.gguf"
# By name and by path: what differs is how they are found.
for model in guide "$work/model.gguf"; do
	run $minnow run "$model" -n 3 hello
	check "run ${model##*/}" exits 0
	run $minnow inspect "$model"
	check "inspect ${model##*/}" exits 0
	run $minnow tokenize "$model" hello
	check "tokenize ${model##*/}" exits 0
	run sh -c "echo hello | $minnow chat --linear $model"
	check "chat ${model##*/}" exits 0
done
run $minnow bench guide -p 8 -n 2 -r 1
check "bench" exits 0
run $minnow search qwen
check "search" exits 0
run $minnow show qwen3-0.6b
check "show" exits 0
run $minnow families gemma
check "families" exits 0
run $minnow doctor
check "doctor" exits 0
run $minnow completion bash
check "completion" exits 0
run $minnow help
check "help" exits 0
run $minnow run qwen3-0.6b hello
check "a model that is not here is not fetched" exits 3
for command in ls gc verify import config; do
	$minnow help $command >"$work/out" 2>"$work/err" || continue
	run $minnow $command
	check "$command" exits 0
done

finish
