/* Phi 1, 1.5 and 2: layer norms, biases everywhere, NEOX rope over a part of the head; attention and an ungated GELU
 * feed forward read the same normed input.  Gunasekar et al. 2023, Li et al. 2023. */
#include "core/arch/arch.h"
#include "core/block.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_keep(r);
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_GELU);
}

const struct arch arch_phi2 = {
	.name = "phi2",
	.rope = ROPE_NEOX,
	.norm = NORM_LAYER,
	.is_parallel = true,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output_norm_bias] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_norm_bias] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_bias] = WEIGHT_REQUIRED,
		[W_attn_k_bias] = WEIGHT_REQUIRED,
		[W_attn_v_bias] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_attn_out_bias] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_up_bias] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
		[W_ffn_down_bias] = WEIGHT_REQUIRED,
		[W_output_bias] = WEIGHT_OPTIONAL,
	},
};
