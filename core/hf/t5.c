/* T5 (1.0, 1.1, Flan) and T5Gemma: an encoder and a decoder, whose layers are numbered apart. */
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"

/* ---- T5 ---- */

/* The one embedding is stored under one, two or three of its names. */
static void
shared_embedding(struct hf *h, const struct hf_src *s, const char *name)
{
	if (map_find(&h->tensor_names, name, strlen(name)) == MAP_NONE)
		hf_copy(h, s, name);
}

/* 1.0 has the embedding for its output, and divides what goes into it. */
static bool
is_divided(struct hf *h)
{
	return hf_flag(h, "scale_decoder_outputs", hf_flag(h, "tie_word_embeddings", true));
}

static void
output_t5(struct hf *h, const struct hf_src *s, const char *name)
{
	if (!is_divided(h))
		hf_copy(h, s, name);
}

#define ATTENTION(from, to, is) \
	{from ".q", to "attn_q", hf_copy}, \
	{from ".k", to "attn_k", hf_copy}, \
	{from ".v", to "attn_v", hf_copy}, \
	{from ".o", to is, hf_copy}, \
	{from ".relative_attention_bias", to "attn_rel_b", hf_copy}

#define FEED_FORWARD(from, to) \
	{from ".DenseReluDense.wi", to ".ffn_up", hf_copy}, \
	{from ".DenseReluDense.wi_0", to ".ffn_gate", hf_copy}, \
	{from ".DenseReluDense.wi_1", to ".ffn_up", hf_copy}, \
	{from ".DenseReluDense.wo", to ".ffn_down", hf_copy}, \
	{from ".layer_norm", to ".ffn_norm", hf_copy}

static const struct hf_row rows_t5[] = {
	{"shared", "token_embd", shared_embedding},
	{"encoder.embed_tokens", "token_embd", shared_embedding},
	{"decoder.embed_tokens", "token_embd", shared_embedding},
	{"lm_head", "output", output_t5},
	ATTENTION("encoder.block.*.layer.0.SelfAttention", "enc.blk.*.", "attn_o"),
	{"encoder.block.*.layer.0.layer_norm", "enc.blk.*.attn_norm", hf_copy},
	FEED_FORWARD("encoder.block.*.layer.1", "enc.blk.*"),
	{"encoder.final_layer_norm", "enc.output_norm", hf_copy},
	ATTENTION("decoder.block.*.layer.0.SelfAttention", "dec.blk.*.", "attn_o"),
	{"decoder.block.*.layer.0.layer_norm", "dec.blk.*.attn_norm", hf_copy},
	ATTENTION("decoder.block.*.layer.1.EncDecAttention", "dec.blk.*.cross_", "attn_o"),
	{"decoder.block.*.layer.1.layer_norm", "dec.blk.*.cross_attn_norm", hf_copy},
	FEED_FORWARD("decoder.block.*.layer.2", "dec.blk.*"),
	{"decoder.final_layer_norm", "dec.output_norm", hf_copy},
	{NULL, NULL, NULL},
};

static void
keys_t5(struct hf *h)
{
	const char *act = hf_text(h, "feed_forward_proj");

	if (act && !hf_is_one_of(act, "relu gated-gelu"))
		hf_fail(h, "feed_forward_proj of config.json is \"%s\"; supported are relu and gated-gelu",
		    gguf_quote((struct gguf_str){act, strlen(act)}).text);
	h->n_layers = hf_count(h, "num_layers", HF_NEEDED);
	h->n_heads = hf_count(h, "num_heads", HF_NEEDED);
	hf_set_u32(h, "block_count", h->n_layers);
	hf_set_u32(h, "decoder_block_count", hf_count(h, "num_decoder_layers", h->n_layers));
	hf_set_u32(h, "context_length", hf_count(h, "n_positions", 512));
	hf_set_u32(h, "embedding_length", hf_count(h, "d_model", HF_NEEDED));
	hf_set_u32(h, "feed_forward_length", hf_count(h, "d_ff", HF_NEEDED));
	hf_set_u32(h, "attention.head_count", h->n_heads);
	hf_set_u32(h, "attention.key_length", hf_count(h, "d_kv", 64));
	hf_set_u32(h, "attention.value_length", hf_count(h, "d_kv", 64));
	hf_set_f32(h, "attention.layer_norm_epsilon", hf_real(h, "layer_norm_epsilon", 1e-6));
	hf_set_f32(h, "attention.layer_norm_rms_epsilon", hf_real(h, "layer_norm_epsilon", 1e-6));
	hf_set_u32(h, "attention.relative_buckets_count", hf_count(h, "relative_attention_num_buckets", 32));
	hf_set_u32(h, "decoder_start_token_id", hf_count(h, "decoder_start_token_id", hf_count(h, "pad_token_id", 0)));
	if (hf_count(h, "relative_attention_max_distance", 128) != 128)
		hf_fail(h, "relative_attention_max_distance of config.json is not 128, which is not supported");
}

const struct hf_family hf_family_t5 = {
	.rows = rows_t5,
	.has_own_keys = true,
	.keys = keys_t5,
};

/* ---- T5Gemma: Gemma 2's layers ---- */

#define LAYER(from, to) \
	{from ".pre_self_attn_layernorm", to ".attn_norm", hf_norm1}, \
	{from ".post_self_attn_layernorm", to ".post_attention_norm", hf_norm1}, \
	{from ".self_attn.q_proj", to ".attn_q", hf_copy}, \
	{from ".self_attn.k_proj", to ".attn_k", hf_copy}, \
	{from ".self_attn.v_proj", to ".attn_v", hf_copy}, \
	{from ".self_attn.o_proj", to ".attn_output", hf_copy}, \
	{from ".pre_feedforward_layernorm", to ".ffn_norm", hf_norm1}, \
	{from ".post_feedforward_layernorm", to ".post_ffw_norm", hf_norm1}, \
	{from ".mlp.gate_proj", to ".ffn_gate", hf_copy}, \
	{from ".mlp.up_proj", to ".ffn_up", hf_copy}, \
	{from ".mlp.down_proj", to ".ffn_down", hf_copy}

static const struct hf_row rows_t5gemma[] = {
	{"decoder.embed_tokens", "token_embd", hf_copy},
	{"encoder.embed_tokens", "enc.token_embd", hf_copy},
	{"lm_head.out_proj", "output", hf_output},
	{"encoder.norm", "enc.output_norm", hf_norm1},
	{"decoder.norm", "dec.output_norm", hf_norm1},
	LAYER("encoder.layers.*", "enc.blk.*"),
	LAYER("decoder.layers.*", "dec.blk.*"),
	{"decoder.layers.*.pre_cross_attn_layernorm", "dec.blk.*.cross_attn_norm", hf_norm1},
	{"decoder.layers.*.post_cross_attn_layernorm", "dec.blk.*.cross_attn_post_norm", hf_norm1},
	{"decoder.layers.*.cross_attn.q_proj", "dec.blk.*.cross_attn_q", hf_copy},
	{"decoder.layers.*.cross_attn.k_proj", "dec.blk.*.cross_attn_k", hf_copy},
	{"decoder.layers.*.cross_attn.v_proj", "dec.blk.*.cross_attn_v", hf_copy},
	{"decoder.layers.*.cross_attn.o_proj", "dec.blk.*.cross_attn_o", hf_copy},
	{NULL, NULL, NULL},
};

/* What encoder and decoder have alike stands in both; layers are counted apart. */
static void
keys_t5gemma(struct hf *h)
{
	static const char *const alike[] = {"hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads",
		"head_dim", "rms_norm_eps", "sliding_window", "query_pre_attn_scalar", "attn_logit_softcapping"};
	json_t *encoder = json_object_get(h->root, "encoder"), *decoder = json_object_get(h->root, "decoder");
	double scalar;

	if (!json_is_object(encoder) || !json_is_object(decoder)) {
		hf_fail(h, "config.json has no encoder and decoder, which a model of type %s needs", h->type->model_type);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
		const json_t *a = json_object_get(encoder, alike[i]), *b = json_object_get(decoder, alike[i]);

		if (json_number_value(a) != json_number_value(b))
			hf_fail(h, "%s of config.json is not the same for encoder and decoder, which is not supported", alike[i]);
	}
	h->config = decoder;
	json_object_update_missing(decoder, h->root);
	hf_common_keys(h);
	hf_set_u32(h, "decoder_block_count", h->n_layers);
	h->config = encoder;
	hf_set_u32(h, "block_count", hf_count(h, "num_hidden_layers", HF_NEEDED));
	h->config = decoder;
	scalar = hf_real(h, "query_pre_attn_scalar", h->head_dim);
	if (scalar > 0 && scalar != h->head_dim)
		hf_set_f32(h, "attention.scale", 1 / sqrt(scalar));
	hf_set_u32(h, "attention.sliding_window", hf_count(h, "sliding_window", 4096));
	hf_set_f32(h, "attn_logit_softcapping", hf_real(h, "attn_logit_softcapping", 50));
	hf_set_f32(h, "final_logit_softcapping", hf_real(h, "final_logit_softcapping", 30));
	hf_set_u32(h, "decoder_start_token_id", hf_count(h, "decoder_start_token_id", hf_count(h, "bos_token_id", 2)));
}

const struct hf_family hf_family_t5gemma = {
	.rows = rows_t5gemma,
	.act = "gelu_pytorch_tanh",
	.rope_base = 10000,
	.adds_no_space = true,
	.has_own_keys = true,
	.keys = keys_t5gemma,
};
