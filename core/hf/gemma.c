/* Gemma 1 to 3: norm weights are stored less 1; four norms a layer from the second on; the output is the embedding. */
#include <string.h>

#include "core/hf/impl.h"

#define GEMMA_ACTS "gelu gelu_pytorch_tanh"

static const struct hf_row rows1[] = {
	{"norm", "output_norm", hf_norm1},
	{"*.input_layernorm", "*.attn_norm", hf_norm1},
	{"*.post_attention_layernorm", "*.ffn_norm", hf_norm1},
	{NULL, NULL, NULL},
};

static const struct hf_row rows2[] = {
	{"norm", "output_norm", hf_norm1},
	{"*.input_layernorm", "*.attn_norm", hf_norm1},
	{"*.post_attention_layernorm", "*.post_attention_norm", hf_norm1},
	{"*.pre_feedforward_layernorm", "*.ffn_norm", hf_norm1},
	{"*.post_feedforward_layernorm", "*.post_ffw_norm", hf_norm1},
	{"*.self_attn.q_norm", "*.attn_q_norm", hf_norm1},
	{"*.self_attn.k_norm", "*.attn_k_norm", hf_norm1},
	{NULL, NULL, NULL},
};

/* Scores are divided by the root of a number of their own, the head size unless said. */
static void
key_of_scale(struct hf *h)
{
	double n = hf_real(h, "query_pre_attn_scalar", h->head_dim);

	if (!(n > 0))
		hf_fail(h, "query_pre_attn_scalar of config.json is %g, expected more than 0", n);
	else if (n != h->head_dim)
		hf_set_f32(h, "attention.scale", 1 / sqrt(n));
}

/* Every PERIOD-th layer sees everything, as the graph has it. */
static void
check_layers(struct hf *h, uint32_t period)
{
	const json_t *types = hf_get(h, "layer_types");

	if (hf_count(h, "sliding_window_pattern", hf_count(h, "_sliding_window_pattern", period)) != period)
		hf_fail(h, "sliding_window_pattern of config.json is not %u, which a model of type %s needs here", period,
		    h->type->model_type);
	for (uint32_t i = 0; i < json_array_size(types); i++) {
		const char *type = json_string_value(json_array_get(types, i));

		if (!type || strcmp(type, (i + 1) % period ? "sliding_attention" : "full_attention") != 0)
			hf_fail(h, "layer_types of config.json do not have a full layer every %u, which a model of type %s needs "
			    "here", period, h->type->model_type);
	}
}

static void
keys2(struct hf *h)
{
	check_layers(h, 2);
	key_of_scale(h);
	hf_set_u32(h, "attention.sliding_window", hf_count(h, "sliding_window", 4096));
	hf_set_f32(h, "attn_logit_softcapping", hf_real(h, "attn_logit_softcapping", 0));
	hf_set_f32(h, "final_logit_softcapping", hf_real(h, "final_logit_softcapping", 0));
}

static void
keys3(struct hf *h)
{
	check_layers(h, 6);
	key_of_scale(h);
	hf_set_u32(h, "attention.sliding_window", hf_count(h, "sliding_window", 4096));
	if (hf_real(h, "attn_logit_softcapping", 0) > 0)
		hf_fail(h, "attn_logit_softcapping of config.json is not supported for a model of type %s", h->type->model_type);
	if (hf_real(h, "final_logit_softcapping", 0) > 0)
		hf_set_f32(h, "final_logit_softcapping", hf_real(h, "final_logit_softcapping", 0));
	if (hf_flag(h, "use_bidirectional_attention", false))
		hf_fail(h, "use_bidirectional_attention of config.json is true: such a model embeds texts, it does not write any");
}

const struct hf_family hf_family_gemma = {
	.rows = rows1,
	.act = GEMMA_ACTS,
	.defaults = "{\"num_attention_heads\":16,\"head_dim\":256,\"max_position_embeddings\":8192}",
	.rope_base = 10000,
	.is_tied = true,
	.adds_no_space = true,
};

const struct hf_family hf_family_gemma2 = {
	.rows = rows2,
	.act = GEMMA_ACTS,
	.defaults = "{\"num_attention_heads\":8,\"num_key_value_heads\":4,\"head_dim\":256,\"max_position_embeddings\":8192,"
	    "\"query_pre_attn_scalar\":256,\"attn_logit_softcapping\":50.0,\"final_logit_softcapping\":30.0}",
	.rope_base = 10000,
	.is_tied = true,
	.adds_no_space = true,
	.keys = keys2,
};

/* Published without what is usual. */
const struct hf_family hf_family_gemma3 = {
	.rows = rows2,
	.act = GEMMA_ACTS,
	.defaults = "{\"hidden_size\":2304,\"intermediate_size\":9216,\"num_hidden_layers\":26,\"num_attention_heads\":8,"
	    "\"num_key_value_heads\":4,\"head_dim\":256,\"max_position_embeddings\":131072,\"query_pre_attn_scalar\":256,"
	    "\"rope_theta\":1000000.0,\"rope_local_base_freq\":10000.0}",
	.rope_base = 1e6,
	.is_tied = true,
	.adds_no_space = true,
	.keys = keys3,
};
