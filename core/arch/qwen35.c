/* Qwen 3.5: Qwen 3 Next's layers with a dense feed forward; heads of linear attention share keys by turns.  Text
 * alone: the sections of its rope turn by the same positions.  Qwen team, 2026. */
#include "core/arch/arch.h"
#include "core/block.h"
#include "core/delta.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_delta_or_attention(r, l, DELTA_TURNS);
	block_ffn(r, l, FFN_SILU);
}

const struct arch arch_qwen35 = {
	.name = "qwen35",
	.rope = ROPE_NEOX,
	.check = delta_check,
	.plan = delta_plan,
	.has = delta_has,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_norm] = WEIGHT_REQUIRED,
		[W_attn_k_norm] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_delta_qkv] = WEIGHT_REQUIRED,
		[W_delta_gate] = WEIGHT_REQUIRED,
		[W_delta_conv] = WEIGHT_REQUIRED,
		[W_delta_dt] = WEIGHT_REQUIRED,
		[W_delta_a] = WEIGHT_REQUIRED,
		[W_delta_beta] = WEIGHT_REQUIRED,
		[W_delta_alpha] = WEIGHT_REQUIRED,
		[W_delta_norm] = WEIGHT_REQUIRED,
		[W_delta_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
	},
};
