/* Qwen 3.5 with experts: its layers with Qwen 3 Next's mixture.  Qwen team, 2026. */
#include "core/arch/arch.h"
#include "core/block.h"
#include "core/delta.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_delta_or_attention(r, l, DELTA_TURNS);
	block_experts(r, l, route_renormed);
}

const struct arch arch_qwen35moe = {
	.name = "qwen35moe",
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
		[W_router] = WEIGHT_EXPERT,
		[W_expert_gate] = WEIGHT_EXPERT,
		[W_expert_up] = WEIGHT_EXPERT,
		[W_expert_down] = WEIGHT_EXPERT,
		[W_shared_router] = WEIGHT_EXPERT,
		[W_shared_gate] = WEIGHT_EXPERT,
		[W_shared_up] = WEIGHT_EXPERT,
		[W_shared_down] = WEIGHT_EXPERT,
	},
};
