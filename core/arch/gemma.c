/* Gemma 1: Llama's graph with a scaled embedding, GELU, NEOX rope and a head size of its own; the output is always tied.
 * Gemma report, 2024. */
#include "core/arch/arch.h"

#include <math.h>

#include "core/block.h"

static bool
check(struct hparam *h, struct err *e)
{
	(void)e;
	h->embd_scale = sqrtf((float)h->n_embd);
	return true;
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_GELU);
}

const struct arch arch_gemma = {
	.name = "gemma",
	.rope = ROPE_NEOX,
	.check = check,
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
	},
};
