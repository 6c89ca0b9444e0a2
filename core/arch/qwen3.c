/* Qwen 3: as Qwen 2 without biases, with an RMS norm on every head of q and k before the rope; the head size is
 * independent of the width.  Qwen3 technical report, 2025. */
#include "core/arch/arch.h"
#include "core/block.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_SILU);
}

const struct arch arch_qwen3 = {
	.name = "qwen3",
	.rope = ROPE_NEOX,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_norm] = WEIGHT_REQUIRED,
		[W_attn_k_norm] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
	},
};
