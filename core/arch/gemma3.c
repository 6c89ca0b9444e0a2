/* Gemma 3: Gemma 2 with norms on every head of q and k instead of caps; of six layers five are windowed and turn by a
 * rope of their own, without scaling.  Gemma 3 report, 2025. */
#include "core/arch/arch.h"

#include <math.h>

#include "core/block.h"
#include "core/model.h"

enum { PERIOD = 6 };

static bool
check(struct hparam *h, struct err *e)
{
	if (h->window == 0)
		return err_set(e, ERR_FAILED, "gemma3.attention.sliding_window is missing or 0, expected 1 or more");
	h->embd_scale = sqrtf((float)h->n_embd);
	/* Of the 27B model, its query_pre_attn_scalar is not the head size. */
	if (h->n_layers == 62)
		h->attn_scale = 1 / sqrtf((float)h->n_embd / (float)h->n_heads);
	return true;
}

static void
plan(const struct hparam *h, struct layer *l)
{
	if ((l->index + 1) % PERIOD == 0)
		return;
	l->window = h->window;
	l->rope = ROPE_LOCAL;
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

const struct arch arch_gemma3 = {
	.name = "gemma3",
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
		[W_attn_q_norm] = WEIGHT_REQUIRED,
		[W_attn_k_norm] = WEIGHT_REQUIRED,
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
