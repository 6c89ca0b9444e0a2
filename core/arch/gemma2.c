/* Gemma 2: Gemma with norms after both branches, capped scores and logits, and a window on every even layer.
 * Gemma 2 report, 2024. */
#include "core/arch/arch.h"

#include <math.h>

#include "core/block.h"
#include "core/model.h"

static bool
check(struct hparam *h, struct err *e)
{
	(void)e;
	h->embd_scale = sqrtf((float)h->n_embd);
	/* Of the 27B model, its query_pre_attn_scalar is not the head size. */
	if (h->n_layers == 46)
		h->attn_scale = 1 / sqrtf((float)h->n_embd / (float)h->n_heads);
	/* Early files leave out what all published models have. */
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
	l->window = l->index % 2 == 0 ? h->window : 0;
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

const struct arch arch_gemma2 = {
	.name = "gemma2",
	.rope = ROPE_NEOX,
	.check = check,
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
		[W_attn_post_norm] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
		[W_ffn_post_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
	},
};
