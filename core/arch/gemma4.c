/* Gemma 4: Gemma 3 with head sizes, key/value heads and rope of windowed and global layers apart, scores that are not
 * scaled, a norm on v, layers at the end that read the keys and values of earlier ones, and, by model, embeddings of each
 * layer, or experts beside the dense feed forward.  Global layers turn a part of the head: the divisors of the others are
 * so large that they stand still.  The reference is the model code of transformers, 2026. */
#include "core/arch/arch.h"

#include <math.h>

#include "core/arch/share.h"
#include "core/block.h"
#include "core/layer_embd.h"
#include "core/model.h"

static bool
check(struct hparam *h, struct err *e)
{
	if (!h->has_pattern)
		return err_set(e, ERR_FAILED, "the file has no gemma4.attention.sliding_window_pattern, which its architecture "
		    "needs");
	for (uint32_t i = 0; i < h->n_layers; i++)
		if (h->layer_windowed[i] && h->window == 0)
			return err_set(e, ERR_FAILED,
			    "gemma4.attention.sliding_window is missing or 0, expected 1 or more: layer %u is windowed", i);
	if (h->dim_k != h->dim_v || h->dim_k_local != h->dim_v_local)
		return err_set(e, ERR_FAILED, "gemma4 has heads of %u (keys) and %u (values), %u and %u in windowed layers, "
		    "expected equal sizes", h->dim_k, h->dim_v, h->dim_k_local, h->dim_v_local);
	h->embd_scale = sqrtf((float)h->n_embd);
	h->attn_scale = 1;
	h->router_scale = 1 / sqrtf((float)h->n_embd);
	return share_check(h, "gemma4", e);
}

static void
plan(const struct hparam *h, struct layer *l)
{
	l->kv_from = share_source(h, l->index);
	if (!h->layer_windowed[l->index])
		return;
	l->window = h->window;
	l->rope = ROPE_LOCAL;
	l->dim_k = h->dim_k_local;
	l->dim_v = h->dim_v_local;
}

static void
begin(struct run *r, const uint32_t *ids)
{
	if (r->layer_in)
		layer_embd_begin(r, ids);
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
		block_ffn(r, l, FFN_GELU);
	if (r->layer_in) {
		layer_embd_branch(r, l, r->x);
		block_add_branch(r, l->w[W_embd_post_norm].vec);
	}
	if (l->w[W_layer_scale].vec)
		block_scale(r, l->w[W_layer_scale].vec[0]);
}

const struct arch arch_gemma4 = {
	.name = "gemma4",
	.rope = ROPE_NEOX,
	.has_v_norm = true,
	.expert_act = FFN_GELU,
	.check = check,
	.plan = plan,
	.has = share_has,
	.ignores = share_ignores,
	.begin = begin,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_rope_freqs] = WEIGHT_OPTIONAL,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_OPTIONAL,
		[W_attn_q_norm] = WEIGHT_REQUIRED,
		[W_attn_k_norm] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_attn_post_norm] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
		[W_ffn_post_norm] = WEIGHT_REQUIRED,
		[W_layer_scale] = WEIGHT_OPTIONAL,
		[W_layer_embd_table] = WEIGHT_LAYER_EMBD,
		[W_layer_embd_proj] = WEIGHT_LAYER_EMBD,
		[W_layer_embd_norm] = WEIGHT_LAYER_EMBD,
		[W_embd_gate] = WEIGHT_LAYER_EMBD,
		[W_embd_out] = WEIGHT_LAYER_EMBD,
		[W_embd_post_norm] = WEIGHT_LAYER_EMBD,
		[W_router] = WEIGHT_EXPERT,
		[W_router_scale] = WEIGHT_EXPERT,
		[W_expert_norm] = WEIGHT_EXPERT,
		[W_expert_gate] = WEIGHT_EXPERT,
		[W_expert_up] = WEIGHT_EXPERT,
		[W_expert_down] = WEIGHT_EXPERT,
		[W_expert_scale] = WEIGHT_EXPERT,
		[W_expert_post_norm] = WEIGHT_EXPERT,
		[W_beside_post_norm] = WEIGHT_EXPERT,
	},
};
