# shellcheck shell=sh
# Small GGUF files from the shell, for command-line tests; read with `. tests/data/gguf.sh`.  Example:
#	{ gguf_header 1 2; gguf_kv_str general.architecture llama; gguf_kv_u32 llama.block_count 2
#	  gguf_tensor token_embd.weight 0 0 4 2; gguf_zeros 200; } >file
# Numbers are little-endian; bytes go through octal, which every printf knows.
# shellcheck disable=SC2059
gguf_byte() { printf "\\$(($1 >> 6 & 3))$(($1 >> 3 & 7))$(($1 & 7))"; }
gguf_u32() { gguf_byte $(($1)); gguf_byte $(($1 >> 8)); gguf_byte $(($1 >> 16)); gguf_byte $(($1 >> 24)); }
gguf_u64() { gguf_u32 $(($1)); gguf_u32 $(($1 >> 32)); }
gguf_str() { LC_ALL=C; gguf_u64 "${#1}"; printf %s "$1"; }
gguf_header() { printf GGUF; gguf_u32 3; gguf_u64 "$1"; gguf_u64 "$2"; }		# TENSORS ENTRIES
gguf_kv_u32() { gguf_str "$1"; gguf_u32 4; gguf_u32 "$2"; }
gguf_kv_i32() { gguf_str "$1"; gguf_u32 5; gguf_u32 "$2"; }
gguf_kv_bool() { gguf_str "$1"; gguf_u32 7; gguf_byte "$2"; }
gguf_kv_str() { gguf_str "$1"; gguf_u32 8; gguf_str "$2"; }
gguf_kv_strs() { gguf_str "$1"; shift; gguf_u32 9; gguf_u32 8; gguf_u64 $#; for s in "$@"; do gguf_str "$s"; done; }
gguf_kv_i32s() { gguf_str "$1"; shift; gguf_u32 9; gguf_u32 5; gguf_u64 $#; for v in "$@"; do gguf_u32 "$v"; done; }
gguf_tensor() {		# NAME FORMAT OFFSET DIMENSION...
	gguf_str "$1"; type=$2 offset=$3; shift 3
	gguf_u32 $#; for d in "$@"; do gguf_u64 "$d"; done; gguf_u32 "$type"; gguf_u64 "$offset"
}
gguf_zeros() { head -c "$1" /dev/zero; }		# BYTES
