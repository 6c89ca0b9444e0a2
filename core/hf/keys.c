/* The keys that most families share, from config.json. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"

/* Far above every published model; what is stricter is said by hparam_read(). */
#define MAX_COUNT 65536

static void
check_count(struct hf *h, const char *key, uint32_t v)
{
	if (v < 1 || v > MAX_COUNT)
		hf_fail(h, "%s of config.json is %u, expected 1 to %d", key, v, MAX_COUNT);
}

static void
check_act(struct hf *h)
{
	const char *act = hf_text(h, "hidden_activation");

	if (!act)
		act = hf_text(h, "hidden_act");
	if (!act || !h->type->family->act || hf_is_one_of(act, h->type->family->act))
		return;
	hf_fail(h, "hidden_act of config.json is \"%s\"; for a model of type %s only %s is supported",
	    gguf_quote((struct gguf_str){act, strlen(act)}).text, h->type->model_type, h->type->family->act);
}

static void
norm_keys(struct hf *h)
{
	double eps;

	if (!h->type->family->has_layer_norm) {
		hf_set_f32(h, "attention.layer_norm_rms_epsilon", hf_real(h, "rms_norm_eps", 1e-6));
		return;
	}
	eps = hf_real(h, "layer_norm_eps", hf_real(h, "layer_norm_epsilon", hf_real(h, "rms_norm_eps", 1e-5)));
	hf_set_f32(h, "attention.layer_norm_epsilon", eps);
}

static void
expert_keys(struct hf *h)
{
	h->n_experts = hf_count(h, "num_local_experts", hf_count(h, "num_experts", 0));
	if (h->n_experts == 0)
		return;
	check_count(h, "the number of experts", h->n_experts);
	hf_set_u32(h, "expert_count", h->n_experts);
	hf_set_u32(h, "expert_used_count",
	    hf_count(h, hf_get(h, "top_k_experts") ? "top_k_experts" : "num_experts_per_tok", HF_NEEDED));
}

/* One number, or one for each layer. */
static void
feed_forward_key(struct hf *h)
{
	const json_t *list = hf_get(h, "intermediate_size");
	size_t n = json_array_size(list);
	int32_t *v;

	if (!json_is_array(list)) {
		hf_set_u32(h, "feed_forward_length", hf_count(h, "intermediate_size", HF_NEEDED));
		return;
	}
	if (n != h->n_layers) {
		hf_fail(h, "intermediate_size of config.json lists %zu layers, expected %u", n, h->n_layers);
		return;
	}
	v = mem_new0(n, sizeof *v);
	for (size_t i = 0; i < n; i++) {
		json_int_t x = json_integer_value(json_array_get(list, i));

		if (x < 1 || x > INT32_MAX)
			hf_fail(h, "intermediate_size of config.json holds something else than whole numbers above 0");
		v[i] = (int32_t)x;
	}
	hf_set_i32s(h, "feed_forward_length", v, n);
	free(v);
}

void
hf_common_keys(struct hf *h)
{
	check_act(h);
	h->n_layers = hf_count(h, "num_hidden_layers", HF_NEEDED);
	h->n_embd = hf_count(h, "hidden_size", HF_NEEDED);
	h->n_heads = hf_count(h, "num_attention_heads", HF_NEEDED);
	h->n_kv_heads = hf_count(h, "num_key_value_heads", h->n_heads);
	h->n_ctx = hf_count(h, "max_position_embeddings", HF_NEEDED);
	check_count(h, "num_hidden_layers", h->n_layers);
	check_count(h, "num_attention_heads", h->n_heads);
	check_count(h, "num_key_value_heads", h->n_kv_heads);
	if (h->failed)
		return;
	h->head_dim = hf_count(h, "head_dim", h->n_embd / h->n_heads);
	hf_set_u32(h, "block_count", h->n_layers);
	hf_set_u32(h, "context_length", h->n_ctx);
	hf_set_u32(h, "embedding_length", h->n_embd);
	feed_forward_key(h);
	hf_set_u32(h, "attention.head_count", h->n_heads);
	hf_set_u32(h, "attention.head_count_kv", h->n_kv_heads);
	if (hf_get(h, "head_dim")) {
		hf_set_u32(h, "attention.key_length", h->head_dim);
		hf_set_u32(h, "attention.value_length", h->head_dim);
	}
	norm_keys(h);
	expert_keys(h);
	hf_rope_keys(h);
}

void
hf_limit_to_window(struct hf *h)
{
	uint32_t window = hf_count(h, "sliding_window", 0);

	if (window > 0 && window < h->n_ctx)
		hf_set_u32(h, "context_length", window);
}
