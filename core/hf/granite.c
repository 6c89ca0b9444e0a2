/* Granite 3 and SmolLM 3: Llama's form with factors, and with layers that know no positions. */
#include "core/hf/impl.h"

static const struct hf_row rows[] = {
	{"*.self_attn.q_proj", "*.attn_q", hf_rope_q},
	{"*.self_attn.k_proj", "*.attn_k", hf_rope_k},
	{NULL, NULL, NULL},
};

static void
keys_granite(struct hf *h)
{
	hf_set_f32(h, "attention.scale", hf_real(h, "attention_multiplier", 1));
	hf_set_f32(h, "embedding_scale", hf_real(h, "embedding_multiplier", 1));
	hf_set_f32(h, "residual_scale", hf_real(h, "residual_multiplier", 1));
	hf_set_f32(h, "logit_scale", hf_real(h, "logits_scaling", 1));
}

const struct hf_family hf_family_granite = {
	.rows = rows,
	.act = "silu",
	.rope_base = 10000,
	.has_rope_divisors = true,
	.keys = keys_granite,
};

/* no_rope_layers says for each layer whether it turns: every fourth does not. */
static void
keys_smollm3(struct hf *h)
{
	const json_t *turns = hf_get(h, "no_rope_layers");

	if (hf_count(h, "no_rope_layer_interval", 4) != 4)
		hf_fail(h, "no_rope_layer_interval of config.json is not 4");
	for (size_t i = 0; i < json_array_size(turns); i++)
		if ((json_integer_value(json_array_get(turns, i)) == 0) != ((i + 1) % 4 == 0))
			hf_fail(h, "no_rope_layers of config.json does not name every fourth layer");
	if (hf_flag(h, "use_sliding_window", false))
		hf_limit_to_window(h);
}

const struct hf_family hf_family_smollm3 = {
	.rows = rows,
	.act = "silu",
	.defaults = "{\"tie_word_embeddings\":true}",
	.rope_base = 2e6,
	.keys = keys_smollm3,
};
