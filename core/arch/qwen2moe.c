/* Qwen 1.5 and 2 with experts: Qwen 2's attention; one expert is shared by all tokens behind a gate of its own, and the
 * weights of the chosen ones do not add up to 1.  Qwen2 technical report, 2024. */
#include "core/arch/arch.h"
#include "core/block.h"

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_experts(r, l, route_softmax);
}

const struct arch arch_qwen2moe = {
	.name = "qwen2moe",
	.rope = ROPE_NEOX,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_bias] = WEIGHT_REQUIRED,
		[W_attn_k_bias] = WEIGHT_REQUIRED,
		[W_attn_v_bias] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
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
