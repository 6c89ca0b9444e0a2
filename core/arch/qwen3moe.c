/* Qwen 3 with experts: Qwen 3's attention, no shared expert.  Qwen3 technical report, 2025. */
#include "core/arch/arch.h"
#include "core/block.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_experts(r, l, route_renormed);
}

const struct arch arch_qwen3moe = {
	.name = "qwen3moe",
	.rope = ROPE_NEOX,
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
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_router] = WEIGHT_EXPERT,
		[W_expert_gate] = WEIGHT_EXPERT,
		[W_expert_up] = WEIGHT_EXPERT,
		[W_expert_down] = WEIGHT_EXPERT,
	},
};
