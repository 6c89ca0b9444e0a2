/* Granite 3: Llama's graph with factors on the embedding, the scores, both branches and the logits.
 * Granite 3.0 language models, 2024. */
#include "core/arch/arch.h"
#include "core/block.h"

static bool
check(struct hparam *h, struct err *e)
{
	(void)e;
	h->logit_scale = 1 / h->logit_scale;	/* its key says what to divide by */
	return true;
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

const struct arch arch_granite = {
	.name = "granite",
	.rope = ROPE_NORM,
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
		[W_output] = WEIGHT_OPTIONAL,
		[W_rope_freqs] = WEIGHT_OPTIONAL,
		[W_attn_q_bias] = WEIGHT_OPTIONAL,
		[W_attn_k_bias] = WEIGHT_OPTIONAL,
		[W_attn_v_bias] = WEIGHT_OPTIONAL,
		[W_attn_out_bias] = WEIGHT_OPTIONAL,
		[W_ffn_gate_bias] = WEIGHT_OPTIONAL,
		[W_ffn_up_bias] = WEIGHT_OPTIONAL,
		[W_ffn_down_bias] = WEIGHT_OPTIONAL,
	},
};
