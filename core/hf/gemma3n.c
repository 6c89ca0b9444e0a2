/* Gemma 3n and Gemma 4: per-layer lists, embeddings of each layer, layers that share keys and values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"

#define GEMMA_ACTS "gelu_pytorch_tanh"

/* ---- keys of both ---- */

/* Which layers are windowed. */
static void
key_of_pattern(struct hf *h, uint32_t period)
{
	const json_t *types = hf_get(h, "layer_types");
	bool *windowed = mem_new0(h->n_layers, sizeof *windowed);

	if (types && json_array_size(types) != h->n_layers)
		hf_fail(h, "layer_types of config.json lists %zu layers, expected %u", json_array_size(types), h->n_layers);
	for (uint32_t i = 0; i < h->n_layers; i++) {
		const char *type = json_string_value(json_array_get(types, i));

		windowed[i] = type ? strcmp(type, "sliding_attention") == 0 : (i + 1) % period != 0;
	}
	hf_set_bools(h, "attention.sliding_window_pattern", windowed, h->n_layers);
	free(windowed);
}

static void
keys_of_layers(struct hf *h, uint32_t period)
{
	key_of_pattern(h, period);
	hf_set_u32(h, "attention.sliding_window", hf_count(h, "sliding_window", 512));
	hf_set_u32(h, "attention.shared_kv_layers", hf_count(h, "num_kv_shared_layers", 0));
	hf_set_u32(h, "embedding_length_per_layer_input", hf_count(h, "hidden_size_per_layer_input", 0));
	if (hf_real(h, "final_logit_softcapping", 0) > 0)
		hf_set_f32(h, "final_logit_softcapping", hf_real(h, "final_logit_softcapping", 0));
}

#define LAYER_EMBEDDINGS \
	{"embed_tokens_per_layer", "per_layer_token_embd", pad_rows}, \
	{"per_layer_model_projection", "per_layer_model_proj", hf_copy}, \
	{"per_layer_projection_norm", "per_layer_proj_norm", hf_copy}, \
	{"*.per_layer_input_gate", "*.inp_gate", hf_copy}, \
	{"*.per_layer_projection", "*.proj", hf_copy}, \
	{"*.post_per_layer_input_norm", "*.post_norm", hf_copy}, \
	{"*.post_attention_layernorm", "*.post_attention_norm", hf_copy}, \
	{"*.pre_feedforward_layernorm", "*.ffn_norm", hf_copy}, \
	{"*.post_feedforward_layernorm", "*.post_ffw_norm", hf_copy}

/* The table has no rows for entries that stand for pictures and sound: the model code takes the first row. */
static void
pad_rows(struct hf *h, const struct hf_src *s, const char *name)
{
	enum qtype type = hf_qtype(h, s);
	uint32_t n_dims, n_vocab = hf_count(h, "vocab_size", HF_NEEDED);
	uint64_t dims[4];
	uint8_t *p;

	if (type == QT_COUNT || !hf_shape(h, s, &n_dims, dims) || h->failed)
		return;
	if (n_dims != 2 || dims[1] >= n_vocab || s->t->type == ST_F64) {
		hf_copy(h, s, name);
		return;
	}
	dims[1] = n_vocab;
	p = hf_add(h, name, type, 2, dims, NULL);
	if (!p)
		return;
	memcpy(p, s->t->data, s->t->size);
	for (size_t row = s->t->size / (size_t)s->t->dims[0], i = (size_t)s->t->dims[0]; i < n_vocab; i++)
		memcpy(p + i * row, s->t->data, row);
}

/* ---- Gemma 3n ---- */

/* How many standard deviations above the mean SHARE of a normal distribution lies below: bisection. */
static double
deviations(double share)
{
	double low = -10, high = 10;

	for (int i = 0; i < 100; i++) {
		double mid = (low + high) / 2;

		if (0.5 * erfc(-mid / sqrt(2)) < share)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

/* Of a sample of N what is SCALE deviations of all N: the key counts the former, the published model code the latter. */
static float
of_sample(double scale, double n)
{
	return n > 1 ? (float)(scale * sqrt((n - 1) / n)) : (float)scale;
}

static void
key_of_sparsity(struct hf *h)
{
	const json_t *widths = hf_get(h, "intermediate_size");
	const json_t *list = hf_get(h, "activation_sparsity_pattern");
	float *v;

	if (!list)
		return;
	if (json_array_size(list) != h->n_layers) {
		hf_fail(h, "activation_sparsity_pattern of config.json lists %zu layers, expected %u", json_array_size(list),
		    h->n_layers);
		return;
	}
	v = mem_new0(h->n_layers, sizeof *v);
	for (uint32_t i = 0; i < h->n_layers; i++) {
		double share = json_number_value(json_array_get(list, i));
		const json_t *width = json_is_array(widths) ? json_array_get(widths, i) : widths;

		if (!(share >= 0 && share < 1))
			hf_fail(h, "activation_sparsity_pattern of config.json holds %g, expected 0 to less than 1", share);
		/* None at all is written as no threshold. */
		v[i] = share > 0 ? of_sample(deviations(share), json_number_value(width)) : 0;
	}
	hf_set_f32s(h, "activation_sparsity_scale", v, h->n_layers);
	free(v);
}

static void
keys_3n(struct hf *h)
{
	keys_of_layers(h, 5);
	key_of_sparsity(h);
	hf_set_u32(h, "altup.active_idx", hf_count(h, "altup_active_idx", 0));
	hf_set_u32(h, "altup.num_inputs", hf_count(h, "altup_num_inputs", 4));
}

/* Matrices of all streams but the first, one after the other. */
static void
streams(struct hf *h, const struct hf_src *s, const char *name)
{
	uint32_t n_experts = h->n_experts;
	struct hf_src numbered = *s;
	const char *digit = strrchr(s->name, '.') - 1;
	struct buf stack = {0};

	numbered.expert = (uint32_t)(*digit - '0');
	buf_add(&stack, name, strcspn(name, "."));
	buf_add_str(&stack, ".weight");
	h->n_experts = hf_count(h, "altup_num_inputs", 4) - 1;
	hf_expert(h, &numbered, buf_str(&stack));
	h->n_experts = n_experts;
	buf_done(&stack);
}

#define STREAM(n) \
	{"altup_projections." n, "altup_proj", streams}, {"altup_unembed_projections." n, "altup_unembd_proj", streams}

static const struct hf_row rows_3n[] = {
	LAYER_EMBEDDINGS,
	STREAM("0"),
	STREAM("1"),
	STREAM("2"),
	{"*.altup.correction_coefs", "*.altup_correct_coef", hf_copy},
	{"*.altup.correct_output_scale", "*.altup_correct_scale.weight", hf_f32},
	{"*.altup.prediction_coefs", "*.altup_predict_coef", hf_copy},
	{"*.altup.modality_router", "*.altup_router", hf_copy},
	{"*.altup.router_norm", "*.altup_router_norm", hf_copy},
	{"*.laurel.linear_left", "*.laurel_l", hf_copy},
	{"*.laurel.linear_right", "*.laurel_r", hf_copy},
	{"*.laurel.post_laurel_norm", "*.laurel_post_norm", hf_copy},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_gemma3n = {
	.rows = rows_3n,
	.act = GEMMA_ACTS,
	.defaults = "{\"head_dim\":256,\"max_position_embeddings\":32768,\"num_attention_heads\":8,\"num_key_value_heads\":2,"
	    "\"rope_local_base_freq\":10000.0,\"final_logit_softcapping\":30.0,\"hidden_size_per_layer_input\":256,"
	    "\"num_kv_shared_layers\":15}",
	.rope_base = 1e6,
	.is_tied = true,
	.adds_no_space = true,
	.keys = keys_3n,
};

/* ---- Gemma 4 ---- */

static bool
is_windowed(const struct hf *h, uint32_t layer)
{
	const char *type = json_string_value(json_array_get(hf_get(h, "layer_types"), layer));

	return type ? strcmp(type, "sliding_attention") == 0 : (layer + 1) % 6 != 0;
}

/* One number for windowed layers, another for global ones. */
static void
key_of_kinds(struct hf *h, const char *name, uint32_t windowed, uint32_t global)
{
	int32_t *v = mem_new0(h->n_layers, sizeof *v);

	for (uint32_t i = 0; i < h->n_layers; i++)
		v[i] = (int32_t)(is_windowed(h, i) ? windowed : global);
	hf_set_i32s(h, name, v, h->n_layers);
	free(v);
}

/* Layers that share keys and values may have twice the feed forward. */
static void
key_of_wide(struct hf *h)
{
	uint32_t n_ff = hf_count(h, "intermediate_size", HF_NEEDED), shared = hf_count(h, "num_kv_shared_layers", 0);
	int32_t *v;

	if (!hf_flag(h, "use_double_wide_mlp", false) || n_ff > INT32_MAX / 2)
		return;
	v = mem_new0(h->n_layers, sizeof *v);
	for (uint32_t i = 0; i < h->n_layers; i++)
		v[i] = (int32_t)(i + shared < h->n_layers ? n_ff : 2 * n_ff);
	hf_set_i32s(h, "feed_forward_length", v, h->n_layers);
	free(v);
}

/* What global layers have otherwise: a key of its own, or, newer, in the configuration of such a layer. */
static uint32_t
global_count(struct hf *h, const char *key, const char *key_in_layer, uint32_t fallback)
{
	const json_t *layers = hf_get(h, "per_layer_config"), *v;
	char layer[16];

	for (uint32_t i = 0; !hf_get(h, key) && i < h->n_layers; i++) {
		if (is_windowed(h, i))
			continue;
		snprintf(layer, sizeof layer, "%u", i);
		v = json_object_get(json_object_get(layers, layer), key_in_layer);
		if (json_is_integer(v) && json_integer_value(v) > 0 && json_integer_value(v) <= 65536)
			return (uint32_t)json_integer_value(v);
	}
	return hf_count(h, key, fallback);
}

/* The first part of the pairs turns; the divisors of the others are so large that they stand still. */
static void
add_divisors(struct hf *h, uint32_t dim)
{
	double share = hf_real_in(h, h->rope, "the full_attention of config.json", "partial_rotary_factor", 1);
	size_t n = dim / 2;
	float *v;

	if (n < 1 || n > 32768 || !(share > 0 && share <= 1)) {
		hf_fail(h, "config.json has global heads of %u, of which %g turn", dim, share);
		return;
	}
	v = mem_new0(n, sizeof *v);
	for (size_t i = 0; i < n; i++)
		v[i] = i < (size_t)(dim * share / 2) ? 1 : 1e30f;
	hf_add_f32(h, "rope_freqs.weight", v, n);
	free(v);
}

static void
keys_4(struct hf *h)
{
	uint32_t global = global_count(h, "global_head_dim", "head_dim", 512);
	uint32_t n_kv = global_count(h, "num_global_key_value_heads", "num_key_value_heads", h->n_kv_heads);
	double share = hf_real_in(h, h->rope_local, "the sliding_attention of config.json", "partial_rotary_factor", 1);

	if (h->n_layers > 4096 || h->failed) {
		hf_fail(h, "num_hidden_layers of config.json is %u, expected 4096 at most", h->n_layers);
		return;
	}
	keys_of_layers(h, 6);
	key_of_wide(h);
	if (n_kv != h->n_kv_heads)
		key_of_kinds(h, "attention.head_count_kv", h->n_kv_heads, n_kv);
	hf_set_u32(h, "attention.key_length", global);
	hf_set_u32(h, "attention.value_length", global);
	hf_set_u32(h, "attention.key_length_swa", h->head_dim);
	hf_set_u32(h, "attention.value_length_swa", h->head_dim);
	hf_set_u32(h, "rope.dimension_count", global);
	hf_set_u32(h, "rope.dimension_count_swa", (uint32_t)(h->head_dim * fmin(1, fmax(0, share))));
	add_divisors(h, global);
	if (h->n_experts > 0)
		hf_set_u32(h, "expert_feed_forward_length", hf_count(h, "moe_intermediate_size", HF_NEEDED));
	if (hf_text(h, "use_bidirectional_attention") && strcmp(hf_text(h, "use_bidirectional_attention"), "all") == 0)
		hf_fail(h, "use_bidirectional_attention of config.json is \"all\": such a model embeds texts, it does not write any");
}

static const struct hf_row rows_4[] = {
	LAYER_EMBEDDINGS,
	{"*.layer_scalar", "*.layer_output_scale.weight", hf_f32},
	{"*.pre_feedforward_layernorm_2", "*.pre_ffw_norm_2", hf_copy},
	{"*.post_feedforward_layernorm_1", "*.post_ffw_norm_1", hf_copy},
	{"*.post_feedforward_layernorm_2", "*.post_ffw_norm_2", hf_copy},
	{"*.router.proj", "*.ffn_gate_inp", hf_f32},
	{"*.router.scale", "*.ffn_gate_inp.scale", hf_f32},
	{"*.router.per_expert_scale", "*.ffn_down_exps.scale", hf_f32},
	{"*.experts.gate_up_proj", "*.ffn_gate_up_exps.weight", hf_copy},
	{"*.experts.down_proj", "*.ffn_down_exps.weight", hf_copy},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_gemma4 = {
	.rows = rows_4,
	.act = GEMMA_ACTS,
	.defaults = "{\"head_dim\":256,\"max_position_embeddings\":131072,\"num_attention_heads\":8,\"num_key_value_heads\":4,"
	    "\"rope_parameters\":{\"full_attention\":{\"rope_type\":\"proportional\",\"partial_rotary_factor\":0.25,"
	    "\"rope_theta\":1000000.0},\"sliding_attention\":{\"rope_theta\":10000.0}},\"hidden_size_per_layer_input\":256}",
	.rope_base = 1e6,
	.is_tied = true,
	.adds_no_space = true,
	.spm_name = "gemma4",
	.shown = "<|channel> <channel|> <|tool_call> <tool_call|> <|tool_response> <tool_response|> <|\"|>",
	.keys = keys_4,
};
