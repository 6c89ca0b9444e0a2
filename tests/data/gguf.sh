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

# A whole llama of one layer whose weights are all zero: every token is as probable as any other, the first of the
# largest is always "x".  ARCHITECTURE, TOKENIZER, PRE-TOKENIZER and FORMAT of a tensor may be others, for bad files.
gguf_tiny() {
	gguf_header 12 15
	gguf_kv_str general.architecture "${1:-llama}"
	for kv in block_count=1 context_length=64 embedding_length=32 feed_forward_length=32 attention.head_count=1 \
		attention.head_count_kv=1 rope.dimension_count=32; do
		gguf_kv_u32 "${1:-llama}.${kv%=*}" "${kv#*=}"
	done
	gguf_str "${1:-llama}.attention.layer_norm_rms_epsilon"; gguf_u32 6; gguf_u32 0x3727c5ac	# 1e-5
	gguf_kv_str tokenizer.ggml.model "${2:-gpt2}"
	gguf_kv_str tokenizer.ggml.pre "${3:-gpt-2}"
	gguf_kv_strs tokenizer.ggml.tokens x h e l o Ċ Ġ '<end>'
	gguf_kv_strs tokenizer.ggml.merges
	gguf_kv_i32s tokenizer.ggml.token_type 1 1 1 1 1 1 1 3
	gguf_kv_u32 tokenizer.ggml.eos_token_id 7
	at=0
	for t in token_embd=8 output=8 blk.0.attn_q blk.0.attn_k blk.0.attn_v blk.0.attn_output blk.0.ffn_gate \
		blk.0.ffn_up blk.0.ffn_down; do
		rows=${t#*=}
		[ "$rows" = "$t" ] && rows=32
		gguf_tensor "${t%=*}.weight" "${4:-0}" $at 32 "$rows"
		at=$((at + 128 * rows))
	done
	gguf_tensor blk.0.attn_norm.weight 0 $at 32
	gguf_tensor blk.0.ffn_norm.weight 0 $((at + 128)) 32
	gguf_tensor output_norm.weight 0 $((at + 256)) 32
	gguf_zeros $((at + 384 + 32))
}
