/* T5 1.0 and 1.1 (Flan-T5 too): an encoder and a decoder without rope or scaled scores; positions come in as a bias by
 * distance, which the first layer of each stack has for all of them.  1.0 has plain ReLU and the embedding for its output,
 * 1.1 a gated GELU and an output matrix.  Raffel et al. 2020; Shazeer 2020. */
#include "core/arch/t5.h"

#include "core/block.h"
#include "core/model.h"

bool
t5_check_stacks(struct hparam *h, const char *arch, struct err *e)
{
	uint32_t n_decoder = h->n_decoder ? h->n_decoder : h->n_layers;

	for (uint32_t i = 1; i < h->n_layers; i++)
		if (h->layer_ff[i] != h->layer_ff[0] || h->layer_kv_heads[i] != h->layer_kv_heads[0])
			return err_set(e, ERR_FAILED, "%s has layers of different sizes, expected equal ones", arch);
	for (uint32_t i = h->n_layers; i < n_decoder; i++) {
		h->layer_ff[i] = h->n_ff;
		h->layer_kv_heads[i] = h->n_kv_heads;
	}
	h->n_encoder = h->n_layers;
	h->n_layers = n_decoder;
	if (h->decoder_start >= h->n_vocab)
		return err_set(e, ERR_FAILED, "%s.decoder_start_token_id is %u, expected less than the %u tokens of the "
		    "vocabulary", arch, h->decoder_start, h->n_vocab);
	return true;
}

static bool
check(struct hparam *h, struct err *e)
{
	if (h->n_buckets < 4 || h->n_buckets % 2)
		return err_set(e, ERR_FAILED, "t5.attention.relative_buckets_count is %u, expected an even number from 4 on",
		    h->n_buckets);
	h->attn_scale = 1;
	return t5_check_stacks(h, "t5", e);
}

static void
plan(const struct hparam *h, struct layer *l)
{
	(void)h;
	l->rope = ROPE_OFF;
}

bool
t5_has(const struct layer *l, enum weight_id id)
{
	switch (id) {
	case W_attn_rel_b:
		return l->index == 0;
	case W_cross_norm: case W_cross_q: case W_cross_k: case W_cross_v: case W_cross_out: case W_cross_post_norm:
		return !l->is_encoder;
	default:
		return true;
	}
}

/* Some converters keep a bias for the cross attention, which nobody reads. */
static bool
ignores(const struct layer *l, enum weight_id id)
{
	return !l->is_encoder && id == W_cross_rel_b;
}

static void
feed_forward(struct run *r, const struct layer *l)
{
	block_ffn(r, l, l->w[W_ffn_gate].stored ? FFN_GELU : FFN_RELU);
}

static void
encoder_layer(struct run *r, const struct layer *l)
{
	block_queries(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	feed_forward(r, l);
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_cross(r, l);
	feed_forward(r, l);
}

const struct arch arch_t5 = {
	.name = "t5",
	.divides_tied = true,
	.check = check,
	.plan = plan,
	.has = t5_has,
	.ignores = ignores,
	.encoder_layer = encoder_layer,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_encoder_norm] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_attn_rel_b] = WEIGHT_REQUIRED,
		[W_cross_norm] = WEIGHT_REQUIRED,
		[W_cross_q] = WEIGHT_REQUIRED,
		[W_cross_k] = WEIGHT_REQUIRED,
		[W_cross_v] = WEIGHT_REQUIRED,
		[W_cross_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_OPTIONAL,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
	},
};
