/* Phi 3, 3.5, 4 and 4-mini: Llama's graph with NEOX rope over the head or a part of it, LongRoPE where the file has its
 * divisors, q, k, v and gate, up fused.  Phi-3 technical report, 2024.
 * The window holds for every layer, as in the published model code (llama.cpp leaves it out). */
#include "core/arch/arch.h"
#include "core/block.h"
#include "core/model.h"

static void
plan(const struct hparam *h, struct layer *l)
{
	l->window = h->window;
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_SILU);
}

const struct arch arch_phi3 = {
	.name = "phi3",
	.rope = ROPE_NEOX,
	.plan = plan,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_rope_long] = WEIGHT_OPTIONAL,
		[W_rope_short] = WEIGHT_OPTIONAL,
	},
};
