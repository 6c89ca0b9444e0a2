/* T5Gemma: an encoder and a decoder made of Gemma 2's layers, with norms after the cross attention too.  The windowed
 * layers of the encoder look as far to both sides.  T5Gemma (Zhang et al. 2025); the reference is the model code of
 * transformers.  No converter is known to write such files: the names are those of T5 ("enc.blk.0.attn_q.weight") with
 * Gemma 2's for the norms ("post_attention_norm.weight"), "cross_attn_post_norm.weight", and "enc.token_embd.weight" where
 * the encoder has an embedding of its own.  Encoder and decoder have layers of the same shape here, though not as many. */
#include <math.h>

#include "core/arch/t5.h"
#include "core/block.h"
#include "core/model.h"

static bool
check(struct hparam *h, struct err *e)
{
	if (!t5_check_stacks(h, "t5gemma", e))
		return false;
	h->embd_scale = sqrtf((float)h->n_embd);
	/* What all published models have. */
	if (h->attn_cap == 0)
		h->attn_cap = 50;
	if (h->logit_cap == 0)
		h->logit_cap = 30;
	if (h->window == 0)
		h->window = 4096;
	return true;
}

static void
plan(const struct hparam *h, struct layer *l)
{
	if (l->index % 2)
		return;
	/* In the decoder it counts the token itself, in the encoder those on either side. */
	l->window = l->is_encoder ? h->window + 1 : h->window;
}

static void
encoder_layer(struct run *r, const struct layer *l)
{
	block_queries(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_GELU);
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_cross(r, l);
	block_ffn(r, l, FFN_GELU);
}

const struct arch arch_t5gemma = {
	.name = "t5gemma",
	.rope = ROPE_NEOX,
	.check = check,
	.plan = plan,
	.has = t5_has,
	.encoder_layer = encoder_layer,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_encoder_embd] = WEIGHT_OPTIONAL,
		[W_encoder_norm] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_attn_post_norm] = WEIGHT_REQUIRED,
		[W_cross_norm] = WEIGHT_REQUIRED,
		[W_cross_q] = WEIGHT_REQUIRED,
		[W_cross_k] = WEIGHT_REQUIRED,
		[W_cross_v] = WEIGHT_REQUIRED,
		[W_cross_out] = WEIGHT_REQUIRED,
		[W_cross_post_norm] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
		[W_ffn_post_norm] = WEIGHT_REQUIRED,
	},
};
