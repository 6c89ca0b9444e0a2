# Files that are no models: each gives one sentence that says what was found, the right exit code, and no crash,
# whichever command opens it.
. tests/cli/lib.sh
. tests/data/gguf.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset MINNOW_ISA MINNOW_THREADS
file=$work/file.gguf
good=$work/good.gguf
gguf_tiny >"$good"
size=$(wc -c <"$good")

# refuses CODE PATTERN COMMAND...: one line on standard error that matches, nothing on standard output
refuses() {
	code=$1 pattern=$2
	shift 2
	run "$@"
	exits "$code" && complains "$pattern" && [ ! -s "$work/out" ]
}
# every command that opens a model refuses $file alike
all_refuse() {		# NAME CODE PATTERN
	check "$1: inspect" refuses "$2" "$3" $minnow inspect "$file"
	check "$1: run" refuses "$2" "$3" $minnow run "$file" hello
	check "$1: tokenize" refuses "$2" "$3" $minnow tokenize "$file" hello
}
# $file is a container as it should be, but no model that can be run
run_refuses() {		# NAME PATTERN
	run $minnow inspect "$file"
	check "$1: inspect shows it" exits 0
	check "$1: run refuses it" refuses 1 "$2" $minnow run "$file" hello
}

rm -f "$file"
all_refuse "missing" 3 'no such file'
: >"$file"
all_refuse "empty" 1 'the file is empty, a GGUF file was expected'
mkdir "$work/dir.gguf"
file=$work/dir.gguf
all_refuse "a directory" 1 'is a directory without config.json'
file=$work/file.gguf
rm -f "$file"
if mkfifo "$file" 2>/dev/null; then
	all_refuse "a pipe that nobody writes to" 1 'is not a regular file'
	rm -f "$file"
fi
cp "$good" "$file"
chmod 000 "$file"
if [ -r "$file" ]; then
	n=$((n + 1))
	echo "ok $n - no permission # SKIP root may read everything"
else
	all_refuse "no permission" 1 'no permission'
fi
rm -f "$file"

# not GGUF
printf 'just some words\n' >"$file"
all_refuse "text" 1 'no GGUF magic: found "just" (this looks like text)'
printf 'PK\003\004....' >"$file"
all_refuse "a zip archive" 1 'no GGUF magic: found "PK.x03.x04" .*a zip archive'
printf '\020\0\0\0\0\0\0\0{"a": 1}      ' >"$file"
all_refuse "safetensors" 1 'a safetensors file'
printf 'tjgg\001\0\0\0' >"$file"
all_refuse "an older ggml file" 1 'a ggjt file from before GGUF'
printf '<!DOCTYPE html>' >"$file"
all_refuse "a web page" 1 'a web page'
printf 'version https://git-lfs.github.com/spec/v1\n' >"$file"
all_refuse "a Git LFS pointer" 1 'a Git LFS pointer'
{ printf GGUF; gguf_u32 1; gguf_u64 0; gguf_u64 0; } >"$file"
all_refuse "version 1" 1 'GGUF version 1, versions 2 and 3 are read'
printf 'GGUF\0\0\0\003................' >"$file"
all_refuse "big-endian" 1 'a big-endian GGUF file'

# absurd numbers
{ printf GGUF; gguf_u32 3; gguf_u64 0x7fffffffffffffff; gguf_u64 0; } >"$file"
all_refuse "too many tensors" 1 '9223372036854775807 tensors, at most'
gguf_header 0 5000 >"$file"
all_refuse "more entries than bytes" 1 '5000 metadata entries cannot fit'
{ gguf_header 0 1; gguf_u64 0x7fffffffffffffff; } >"$file"
all_refuse "a key without end" 1 'a key of 9223372036854775807 bytes'
{ gguf_header 0 1; gguf_str k; gguf_u32 9; gguf_u32 10; gguf_u64 0x2000000000000000; } >"$file"
all_refuse "an array without end" 1 '2305843009213693952 values of type u64 cannot fit'
{ gguf_header 1 0; gguf_tensor t 0 0 0x7fffffff 0x7fffffff 0x7fffffff; gguf_zeros 64; } >"$file"
all_refuse "dimensions that overflow" 1 'tensor 0 "t": its dimensions multiply'
{ gguf_header 1 0; gguf_tensor t 0 0x7fffffffffffffe0 1; gguf_zeros 64; } >"$file"
all_refuse "an offset past the end" 1 'tensor 0 "t": begins 9223372036854775776 bytes into the data, past'
{ gguf_header 2 0; gguf_tensor a 0 0 8; gguf_tensor b 0 0 8; gguf_zeros 128; } >"$file"
all_refuse "tensors that overlap" 1 'the tensors "a" and "b" overlap'
{ gguf_header 1 0; gguf_tensor "$(printf '\033[2J\n')" 0 3 8; gguf_zeros 64; } >"$file"
all_refuse "a hostile name" 1 'tensor 0 "\\x1b\[2J": begins at 3, a multiple of the alignment 32'

# a good container
gguf_tiny no-such-arch >"$file"
run_refuses "an unknown architecture" 'no-such-arch'
gguf_tiny llama no-such-tokenizer >"$file"
run_refuses "an unknown tokenizer" 'no-such-tokenizer'
gguf_tiny llama gpt2 no-such-splitting >"$file"
run_refuses "an unknown pre-tokenizer" 'no-such-splitting'
gguf_tiny llama gpt2 gpt-2 77 >"$file"
run_refuses "an unknown format" '77'
gguf_header 0 0 >"$file"
run_refuses "nothing in it" 'general.architecture'

# cut anywhere, damaged anywhere: an answer or a sentence, never a crash
crashes=0 silent=0 opened=0
judge() {
	run timeout 20 $minnow run "$file" --raw -n 1 hello
	case $status in
	0) opened=$((opened + 1)) ;;
	1 | 2 | 3) [ "$(grep -vc 'is unverified;' "$work/err")" -eq 1 ] || silent=$((silent + 1)) ;;
	*) crashes=$((crashes + 1)); cp "$file" "$work/crash" ;;
	esac
}
at=0
while [ $at -lt "$size" ]; do
	head -c $at "$good" >"$file"
	judge
	at=$((at + 1 + size / 40))
done
check "cut anywhere: no crash" [ $crashes -eq 0 ]
check "cut anywhere: one sentence" [ $silent -eq 0 ]
check "cut anywhere: never opened" [ $opened -eq 0 ]
at=0
while [ $at -lt 1500 ]; do
	{ head -c $at "$good"; printf '\377'; tail -c +$((at + 2)) "$good"; } >"$file"
	judge
	at=$((at + 23))
done
check "damaged anywhere: no crash" [ $crashes -eq 0 ]
check "damaged anywhere: an answer or one sentence" [ $silent -eq 0 ]
finish
