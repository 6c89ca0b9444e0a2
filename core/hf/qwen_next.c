/* Qwen 3 Next and Qwen 3.5: layers of linear attention.  Heads of values belong to heads of keys in groups; in GGUF Qwen 3
 * Next keeps them so, with q, k, v apart from the gate; Qwen 3.5 deals them out, one of each group after the other. */
#include <math.h>
#include <string.h>

#include "core/hf/impl.h"

/* Sizes of linear attention, and what a row of a result is made of. */
struct delta {
	size_t n_k, n_v;		/* heads; n_k divides n_v */
	size_t dim_k, dim_v;
	size_t first;			/* rows that stay before those of values */
	size_t unit;			/* rows of one head of values */
};

static bool
read_delta(struct hf *h, struct delta *d)
{
	d->n_k = hf_count(h, "linear_num_key_heads", HF_NEEDED);
	d->n_v = hf_count(h, "linear_num_value_heads", HF_NEEDED);
	d->dim_k = hf_count(h, "linear_key_head_dim", HF_NEEDED);
	d->dim_v = hf_count(h, "linear_value_head_dim", HF_NEEDED);
	if (h->failed)
		return false;
	if (d->n_k < 1 || d->n_v < 1 || d->n_v > 65536 || d->n_v % d->n_k || d->dim_k < 1 || d->dim_v < 1 ||
	    d->dim_k > 65536 || d->dim_v > 65536)
		return hf_fail(h, "config.json has %zu heads of keys and %zu of values in linear attention, of sizes %zu and %zu",
		    d->n_k, d->n_v, d->dim_k, d->dim_v);
	return true;
}

static bool
check_rows(struct hf *h, const struct hf_src *s, size_t n)
{
	if (s->t->n_dims >= 1 && s->t->dims[0] == n)
		return true;
	return hf_fail(h, "the tensor \"%s\" has not the %zu rows that config.json speaks of",
	    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text, n);
}

/* ---- keys ---- */

static uint32_t
interval(struct hf *h)
{
	const json_t *types = hf_get(h, "layer_types");
	uint32_t n = hf_count(h, "full_attention_interval", 0);

	for (size_t i = 0; n == 0 && i < json_array_size(types); i++) {
		const char *type = json_string_value(json_array_get(types, i));

		if (type && strcmp(type, "full_attention") == 0)
			n = (uint32_t)i + 1;
	}
	n = n ? n : 4;
	for (size_t i = 0; i < json_array_size(types); i++) {
		const char *type = json_string_value(json_array_get(types, i));

		if (!type || strcmp(type, (i + 1) % n ? "linear_attention" : "full_attention") != 0)
			hf_fail(h, "layer_types of config.json have no regular interval, which is not supported");
	}
	return n;
}

static void
keys_delta(struct hf *h)
{
	struct delta d;

	if (!read_delta(h, &d))
		return;
	hf_set_u32(h, "ssm.conv_kernel", hf_count(h, "linear_conv_kernel_dim", 4));
	hf_set_u32(h, "ssm.state_size", (uint32_t)d.dim_k);
	hf_set_u32(h, "ssm.group_count", (uint32_t)d.n_k);
	hf_set_u32(h, "ssm.time_step_rank", (uint32_t)d.n_v);
	hf_set_u32(h, "ssm.inner_size", (uint32_t)(d.dim_v * d.n_v));
	hf_set_u32(h, "full_attention_interval", interval(h));
}

static void
keys_experts(struct hf *h)
{
	if (json_array_size(hf_get(h, "mlp_only_layers")) > 0 || hf_count(h, "decoder_sparse_step", 1) != 1)
		hf_fail(h, "config.json has layers without experts (mlp_only_layers, decoder_sparse_step), which is not "
		    "supported");
	if (!hf_flag(h, "norm_topk_prob", true))
		hf_fail(h, "norm_topk_prob of config.json is false, which is not supported for a model of type %s",
		    h->type->model_type);
	hf_set_u32(h, "expert_feed_forward_length", hf_count(h, "moe_intermediate_size", HF_NEEDED));
	hf_set_u32(h, "expert_shared_feed_forward_length", hf_count(h, "shared_expert_intermediate_size", HF_NEEDED));
}

static void
keys_next(struct hf *h)
{
	keys_delta(h);
	keys_experts(h);
}

/* Which angles are those of time, height and width; for text all are the same. */
static void
keys_35(struct hf *h)
{
	const json_t *list = json_object_get(h->rope, "mrope_section");
	int32_t sections[4] = {11, 11, 10, 0};

	keys_delta(h);
	for (size_t i = 0; i < json_array_size(list) && i < 4; i++)
		sections[i] = (int32_t)json_integer_value(json_array_get(list, i));
	hf_set_i32s(h, "rope.dimension_sections", sections, 4);
}

static void
keys_35_moe(struct hf *h)
{
	keys_35(h);
	keys_experts(h);
}

/* ---- tensors of both ---- */

/* -exp of every number: the logarithm is stored. */
static void
negative_exp(uint8_t *p, uint64_t n)
{
	float *y = (float *)(void *)p;

	for (uint64_t i = 0; p && i < n; i++)
		y[i] = -expf(y[i]);
}

/* ---- Qwen 3 Next: a head of keys, and the values and gates that belong to it, stand together ---- */

/* Row I of all q, then all k, then all v. */
static size_t
row_of_qkv(const void *ctx, size_t i)
{
	const struct delta *d = ctx;
	size_t values = d->n_v / d->n_k * d->dim_v, whole = 2 * d->dim_k + 2 * values;

	for (int part = 0; part < 2; part++) {
		if (i < d->n_k * d->dim_k)
			return i / d->dim_k * whole + (size_t)part * d->dim_k + i % d->dim_k;
		i -= d->n_k * d->dim_k;
	}
	return i / values * whole + 2 * d->dim_k + i % values;
}

static size_t
row_of_gate(const void *ctx, size_t i)
{
	const struct delta *d = ctx;
	size_t values = d->n_v / d->n_k * d->dim_v, whole = 2 * d->dim_k + 2 * values;

	return i / values * whole + 2 * d->dim_k + values + i % values;
}

static void
split_qkvz(struct hf *h, const struct hf_src *s, const char *name)
{
	struct delta d = {0};
	struct buf gate = {0};
	size_t n_keys, n_values;

	if (!read_delta(h, &d))
		return;
	n_keys = d.n_k * d.dim_k;
	n_values = d.n_v * d.dim_v;
	if (!check_rows(h, s, 2 * n_keys + 2 * n_values))
		return;
	hf_rows(h, s, name, &(struct hf_rows){.n = 2 * n_keys + n_values, .from = row_of_qkv, .ctx = &d});
	buf_printf(&gate, "blk.%u.attn_gate.weight", s->layer);
	hf_rows(h, s, buf_str(&gate), &(struct hf_rows){.n = n_values, .from = row_of_gate, .ctx = &d});
	buf_done(&gate);
}

static void
a_next(struct hf *h, const struct hf_src *s, const char *name)
{
	size_t before = h->n_tensors;

	hf_f32(h, s, name);
	if (!h->failed && h->n_tensors > before)
		negative_exp((uint8_t *)(uintptr_t)h->tensors[before].data, s->t->n_elements);
}

#define NORMS \
	{"norm", "output_norm", hf_norm1}, \
	{"*.input_layernorm", "*.attn_norm", hf_norm1}, \
	{"*.post_attention_layernorm", "*.post_attention_norm", hf_norm1}, \
	{"*.self_attn.q_norm", "*.attn_q_norm", hf_norm1}, \
	{"*.self_attn.k_norm", "*.attn_k_norm", hf_norm1}, \
	{"*.linear_attn.norm", "*.ssm_norm", hf_copy}

#define SHARED_EXPERT \
	{"*.mlp.shared_expert_gate", "*.ffn_gate_inp_shexp", hf_f32}, \
	{"*.mlp.shared_expert.gate_proj", "*.ffn_gate_shexp", hf_copy}, \
	{"*.mlp.shared_expert.up_proj", "*.ffn_up_shexp", hf_copy}, \
	{"*.mlp.shared_expert.down_proj", "*.ffn_down_shexp", hf_copy}

static const struct hf_row rows_next[] = {
	NORMS,
	SHARED_EXPERT,
	{"*.linear_attn.in_proj_qkvz", "*.attn_qkv", split_qkvz},
	{"*.linear_attn.in_proj_ba", "*.ssm_ba", hf_copy},
	{"*.linear_attn.conv1d", "*.ssm_conv1d", hf_squeezed},
	{"*.linear_attn.dt_bias", "*.ssm_dt.bias", hf_f32},
	{"*.linear_attn.A_log", "*.ssm_a", a_next},
	{"*.linear_attn.out_proj", "*.ssm_out", hf_copy},
	{NULL, NULL, NULL},
};

/* ---- Qwen 3.5: heads of values dealt out ---- */

/* Head r * n_k + k of the result is head k * (n_v / n_k) + r. */
static size_t
dealt(const void *ctx, size_t i)
{
	const struct delta *d = ctx;
	size_t head, row;

	if (i < d->first)
		return i;
	head = (i - d->first) / d->unit;
	row = (i - d->first) % d->unit;
	return d->first + (head % d->n_k * (d->n_v / d->n_k) + head / d->n_k) * d->unit + row;
}

static uint8_t *
deal(struct hf *h, const struct hf_src *s, const char *name, struct delta *d, bool as_f32)
{
	size_t n = d->first + d->n_v * d->unit;

	if (!check_rows(h, s, n))
		return NULL;
	return hf_rows(h, s, name, &(struct hf_rows){.n = n, .from = dealt, .ctx = d, .as_f32 = as_f32});
}

static void
deal_qkv(struct hf *h, const struct hf_src *s, const char *name)
{
	struct delta d = {0};

	if (!read_delta(h, &d))
		return;
	d.first = 2 * d.n_k * d.dim_k;
	d.unit = d.dim_v;
	deal(h, s, name, &d, strstr(name, "conv1d") != NULL);
}

static void
deal_gate(struct hf *h, const struct hf_src *s, const char *name)
{
	struct delta d = {0};

	if (!read_delta(h, &d))
		return;
	d.unit = d.dim_v;
	deal(h, s, name, &d, false);
}

static void
deal_heads(struct hf *h, const struct hf_src *s, const char *name)
{
	struct delta d = {0};

	if (!read_delta(h, &d))
		return;
	d.unit = 1;
	deal(h, s, name, &d, false);
}

static void
deal_a(struct hf *h, const struct hf_src *s, const char *name)
{
	struct delta d = {0};

	if (!read_delta(h, &d))
		return;
	d.unit = 1;
	negative_exp(deal(h, s, name, &d, true), s->t->n_elements);
}

/* The columns, which read the values. */
static void
deal_columns(struct hf *h, const struct hf_src *s, const char *name)
{
	enum qtype type = hf_qtype(h, s);
	struct delta d = {0};
	size_t bytes, n_rows;
	uint64_t dims[4];
	uint32_t n_dims;
	uint8_t *p;

	if (type == QT_COUNT || !hf_shape(h, s, &n_dims, dims) || !read_delta(h, &d))
		return;
	d.unit = d.dim_v;
	if (n_dims != 2 || dims[0] != d.n_v * d.dim_v || s->t->type == ST_F64) {
		hf_fail(h, "the tensor \"%s\" has not the %zu columns that config.json speaks of",
		    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text, d.n_v * d.dim_v);
		return;
	}
	n_rows = (size_t)dims[1];
	bytes = d.dim_v * qtype_info(type)->block_bytes;
	p = hf_add(h, name, type, 2, dims, NULL);
	for (size_t i = 0; p && i < n_rows * d.n_v; i++) {
		size_t row = i / d.n_v * d.n_v * bytes, from = dealt(&d, i % d.n_v * d.unit) / d.unit;

		memcpy(p + row + i % d.n_v * bytes, s->t->data + row + from * bytes, bytes);
	}
}

static const struct hf_row rows_35[] = {
	NORMS,
	SHARED_EXPERT,
	{"*.linear_attn.in_proj_qkv", "*.attn_qkv", deal_qkv},
	{"*.linear_attn.in_proj_z", "*.attn_gate", deal_gate},
	{"*.linear_attn.in_proj_b", "*.ssm_beta", deal_heads},
	{"*.linear_attn.in_proj_a", "*.ssm_alpha", deal_heads},
	{"*.linear_attn.conv1d", "*.ssm_conv1d", deal_qkv},
	{"*.linear_attn.dt_bias", "*.ssm_dt.bias", deal_heads},
	{"*.linear_attn.A_log", "*.ssm_a", deal_a},
	{"*.linear_attn.out_proj", "*.ssm_out", deal_columns},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_qwen3_next = {
	.rows = rows_next,
	.act = "silu",
	.defaults = "{\"partial_rotary_factor\":0.25,\"num_experts\":512,\"num_experts_per_tok\":10,\"intermediate_size\":5120}",
	.rope_base = 10000,
	.keys = keys_next,
};

const struct hf_family hf_family_qwen3_5 = {
	.rows = rows_35,
	.act = "silu",
	.defaults = "{\"partial_rotary_factor\":0.25,\"head_dim\":256}",
	.rope_base = 10000,
	.keys = keys_35,
};

/* The feed forward is all experts. */
const struct hf_family hf_family_qwen3_5_moe = {
	.rows = rows_35,
	.act = "silu",
	.defaults = "{\"partial_rotary_factor\":0.25,\"head_dim\":256,\"num_experts\":256,\"num_experts_per_tok\":8,"
	    "\"moe_intermediate_size\":512,\"shared_expert_intermediate_size\":512,\"intermediate_size\":512}",
	.rope_base = 10000,
	.keys = keys_35_moe,
};
