/* Llama 1 to 3.x and everything that shares its graph (Mistral, Mixtral, SmolLM, TinyLlama, …).
 * Touvron et al. 2023; the converter has permuted the rows of Q and K for the NORM pairing. */
#include "core/arch/arch.h"
#include "core/block.h"

static bool
check(struct hparam *h, struct err *e)
{
	if (h->rope.n_rot != h->dim_k)
		return err_set(e, ERR_FAILED, "llama.rope.dimension_count is %u, expected the head size %u",
		    h->rope.n_rot, h->dim_k);
	return true;
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	if (r->m->hp.n_experts > 0)
		block_experts(r, l, route_renormed);
	else
		block_ffn(r, l, FFN_SILU);
}

const struct arch arch_llama = {
	.name = "llama",
	.rope = ROPE_NORM,
	.check = check,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_rope_freqs] = WEIGHT_OPTIONAL,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_bias] = WEIGHT_OPTIONAL,
		[W_attn_k_bias] = WEIGHT_OPTIONAL,
		[W_attn_v_bias] = WEIGHT_OPTIONAL,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_attn_out_bias] = WEIGHT_OPTIONAL,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_DENSE,
		[W_ffn_up] = WEIGHT_DENSE,
		[W_ffn_down] = WEIGHT_DENSE,
		[W_router] = WEIGHT_EXPERT,
		[W_expert_gate] = WEIGHT_EXPERT,
		[W_expert_up] = WEIGHT_EXPERT,
		[W_expert_down] = WEIGHT_EXPERT,
		[W_ffn_gate_bias] = WEIGHT_OPTIONAL,
		[W_ffn_up_bias] = WEIGHT_OPTIONAL,
		[W_ffn_down_bias] = WEIGHT_OPTIONAL,
	},
};
