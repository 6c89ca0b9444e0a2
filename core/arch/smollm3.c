/* SmolLM 3: Llama's graph; every fourth layer knows no positions (NoPE, Yang et al. 2025). */
#include "core/arch/arch.h"
#include "core/block.h"
#include "core/model.h"

enum { PERIOD = 4 };

static void
plan(const struct hparam *h, struct layer *l)
{
	(void)h;
	if ((l->index + 1) % PERIOD == 0)
		l->rope = ROPE_OFF;
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

const struct arch arch_smollm3 = {
	.name = "smollm3",
	.rope = ROPE_NORM,
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
	},
};
