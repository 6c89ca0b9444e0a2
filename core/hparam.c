/* Hyper-parameters; see hparam.h. */
#include "core/hparam.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gguf.h"

/* Far above every published model, far below what could overflow or hang. */
enum {
	MAX_LAYERS = HPARAM_MAX_LAYERS,
	MAX_WIDTH = 1 << 18,
	MAX_FF = 1 << 21,
	MAX_HEADS = 4096,
	MAX_HEAD = 4096,
	MAX_EXPERTS = 4096,
	MAX_TAPS = 64,
	MAX_CTX = 1 << 30,
	MAX_VOCAB = 1 << 24,
	MAX_STREAMS = 16,
	MAX_BUCKETS = 256,
};

struct reader {
	const struct gguf *g;
	const char *arch;
	struct err *e;
	char key[160];
};

static const char *
key_of(struct reader *r, const char *name)
{
	snprintf(r->key, sizeof r->key, "%s.%s", r->arch, name);
	return r->key;
}

/* A whole number, or an array of equal ones (some converters write one for each layer). */
static bool
find_u64(struct reader *r, const char *name, uint64_t *out)
{
	const struct gguf_kv *kv = gguf_kv_find(r->g, key_of(r, name));

	if (!kv || !kv->is_array)
		return gguf_get_u64(r->g, r->key, out);
	if (kv->n == 0 || kv->type == GGUF_STRING || kv->type == GGUF_ARRAY)
		return false;
	for (uint64_t i = 1; i < kv->n; i++)
		if (gguf_array_i64(kv, i) != gguf_array_i64(kv, 0))
			return false;
	*out = (uint64_t)gguf_array_i64(kv, 0);
	return true;
}

/* *out is 1..max.  An absent key takes FALLBACK; 0 there means the key is needed. */
static bool
read_count(struct reader *r, const char *name, uint64_t max, uint64_t fallback, uint32_t *out)
{
	uint64_t v = fallback;

	if (!find_u64(r, name, &v)) {
		if (gguf_kv_find(r->g, r->key))
			return err_set(r->e, ERR_FAILED,
			    "%s is not one whole number: a different value for each layer is not supported", r->key);
		if (fallback == 0)
			return err_set(r->e, ERR_FAILED, "the file has no %s, which its architecture needs", r->key);
	}
	if (v < 1 || v > max)
		return err_set(r->e, ERR_FAILED, "%s is %" PRIu64 ", expected 1 to %" PRIu64, r->key, v, max);
	*out = (uint32_t)v;
	return true;
}

/* The array NAME, which has one element for each layer; *kv is NULL where there is a single value or none. */
static bool
find_each(struct reader *r, const char *name, uint32_t n_layers, const struct gguf_kv **kv)
{
	*kv = gguf_kv_find(r->g, key_of(r, name));
	if (!*kv || !(*kv)->is_array) {
		*kv = NULL;
		return true;
	}
	if ((*kv)->type == GGUF_STRING || (*kv)->type == GGUF_ARRAY)
		return err_set(r->e, ERR_FAILED, "%s is an array of type %s, expected numbers", r->key,
		    gguf_type_name((*kv)->type));
	return (*kv)->n == n_layers || err_set(r->e, ERR_FAILED,
	    "%s has %" PRIu64 " elements, expected %" PRIu32 ", one for each layer", r->key, (*kv)->n, n_layers);
}

/* A count that may differ from layer to layer: EACH[n_layers], and the largest of them. */
static bool
read_counts(struct reader *r, const char *name, uint64_t max, uint64_t fallback, uint32_t n_layers, uint32_t *each,
    uint32_t *most)
{
	const struct gguf_kv *kv;

	if (!find_each(r, name, n_layers, &kv) || (!kv && !read_count(r, name, max, fallback, most)))
		return false;
	for (uint32_t i = 0; kv && i < n_layers; i++) {
		uint64_t v = gguf_array_u64(kv, i);

		if (v < 1 || v > max)
			return err_set(r->e, ERR_FAILED, "%s is %" PRIu64 " for layer %" PRIu32 ", expected 1 to %" PRIu64,
			    r->key, v, i, max);
		each[i] = (uint32_t)v;
		if (i == 0 || v > *most)
			*most = (uint32_t)v;
	}
	for (uint32_t i = 0; !kv && i < n_layers; i++)
		each[i] = *most;
	return true;
}

/* Layers that are windowed: one by one, or of every so many all but the last. */
static bool
read_pattern(struct reader *r, struct hparam *h)
{
	const char *name = "attention.sliding_window_pattern";
	const struct gguf_kv *kv;
	uint32_t period;

	if (!find_each(r, name, h->n_layers, &kv))
		return false;
	h->has_pattern = gguf_kv_find(r->g, r->key) != NULL;
	if (h->has_pattern && !kv && !read_count(r, name, MAX_LAYERS, 0, &period))
		return false;
	for (uint32_t i = 0; h->has_pattern && i < h->n_layers; i++)
		h->layer_windowed[i] = kv ? gguf_array_u64(kv, i) != 0 : (i + 1) % period != 0;
	return true;
}

static bool
read_real(struct reader *r, const char *name, double min, double max, double fallback, double *out)
{
	double v = fallback;

	if (!gguf_get_f64(r->g, key_of(r, name), &v)) {
		if (gguf_kv_find(r->g, r->key))
			return err_set(r->e, ERR_FAILED, "%s is not a number", r->key);
		if (isnan(fallback))
			return err_set(r->e, ERR_FAILED, "the file has no %s, which its architecture needs", r->key);
	}
	if (!(v >= min && v <= max))
		return err_set(r->e, ERR_FAILED, "%s is %g, expected %g to %g", r->key, v, min, max);
	*out = v;
	return true;
}

static bool
str_is(struct gguf_str s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

static bool
read_scaling_type(struct reader *r, struct hparam_rope *p)
{
	struct gguf_str type;

	if (!gguf_get_str(r->g, key_of(r, "rope.scaling.type"), &type)) {
		/* Older files give the linear factor alone. */
		if (gguf_kv_find(r->g, key_of(r, "rope.scale_linear")))
			p->scaling = ROPE_SCALING_LINEAR;
		return true;
	}
	if (str_is(type, "linear"))
		p->scaling = ROPE_SCALING_LINEAR;
	else if (str_is(type, "yarn"))
		p->scaling = ROPE_SCALING_YARN;
	else if (str_is(type, "llama3"))
		p->scaling = ROPE_SCALING_LLAMA3;
	else if (!str_is(type, "none") && !str_is(type, "longrope"))	/* long: the divisors say it all */
		return err_set(r->e, ERR_FAILED, "%s is \"%.*s\"; supported are none, linear, yarn, llama3 and longrope", r->key,
		    (int)(type.len < 40 ? type.len : 40), type.data);
	return true;
}

/* How many numbers of a head turn. */
static bool
read_turned(struct reader *r, const char *name, uint32_t max, uint32_t fallback, uint32_t *out)
{
	if (!read_count(r, name, max, fallback, out))
		return false;
	return *out % 2 == 0 || err_set(r->e, ERR_FAILED, "%s is %u, expected an even number", r->key, *out);
}

static bool
read_rope(struct reader *r, struct hparam *h)
{
	struct hparam_rope *p = &h->rope;
	double linear = 1;

	*p = (struct hparam_rope){.factor = 1};
	h->rope_local = (struct hparam_rope){.factor = 1, .attn_factor = 1};
	if (!read_turned(r, "rope.dimension_count", h->dim_k, h->dim_k, &p->n_rot) ||
	    !read_turned(r, "rope.dimension_count_swa", h->dim_k_local,
	    p->n_rot < h->dim_k_local ? p->n_rot : h->dim_k_local, &h->rope_local.n_rot))
		return false;
	if (!read_real(r, "rope.freq_base", 1, 1e12, 10000, &p->base) ||
	    !read_real(r, "rope.freq_base_swa", 1, 1e12, 10000, &h->rope_local.base) ||
	    !read_real(r, "rope.scaling.attn_factor", 1e-6, 1e6, 1, &p->attn_factor) ||
	    !read_count(r, "rope.scaling.original_context_length", MAX_CTX, h->n_ctx_train, &p->n_ctx_original) ||
	    !read_scaling_type(r, p))
		return false;
	if (p->scaling == ROPE_SCALING_NONE)
		return true;
	/* A factor of 0 means 1, as converters write it for "no scaling". */
	if (!read_real(r, "rope.scale_linear", 0, 1e6, 1, &linear) ||
	    !read_real(r, "rope.scaling.factor", 0, 1e6, linear, &p->factor))
		return false;
	if (p->factor == 0)
		p->factor = 1;
	if (p->scaling == ROPE_SCALING_LINEAR)
		return true;
	if (p->scaling == ROPE_SCALING_LLAMA3) {
		if (!read_real(r, "rope.scaling.low_freq_factor", 1e-6, 1e6, 1, &p->beta_slow) ||
		    !read_real(r, "rope.scaling.high_freq_factor", 1e-6, 1e6, 4, &p->beta_fast))
			return false;
		return p->beta_slow < p->beta_fast || err_set(r->e, ERR_FAILED, "%s is %g, expected more than "
		    "low_freq_factor, which is %g", r->key, p->beta_fast, p->beta_slow);
	}
	return read_real(r, "rope.scaling.yarn_beta_fast", 1e-6, 1e6, 32, &p->beta_fast) &&
	    read_real(r, "rope.scaling.yarn_beta_slow", 1e-6, 1e6, 1, &p->beta_slow);
}

static bool
read_heads(struct reader *r, struct hparam *h)
{
	bool divides;

	if (!read_count(r, "attention.head_count", MAX_HEADS, 0, &h->n_heads) ||
	    !read_counts(r, "attention.head_count_kv", MAX_HEADS, h->n_heads, h->n_layers, h->layer_kv_heads,
	    &h->n_kv_heads))
		return false;
	for (uint32_t i = 0; i < h->n_layers; i++)
		if (h->n_heads % h->layer_kv_heads[i])
			return err_set(r->e, ERR_FAILED, "%s is %u, which does not divide the %u attention heads", r->key,
			    h->layer_kv_heads[i], h->n_heads);
	divides = h->n_embd % h->n_heads == 0;
	if (!read_count(r, "attention.key_length", MAX_HEAD, divides ? h->n_embd / h->n_heads : 0, &h->dim_k)) {
		if (!divides && !gguf_kv_find(r->g, r->key))
			return err_set(r->e, ERR_FAILED, "a width of %u does not divide into %u attention heads",
			    h->n_embd, h->n_heads);
		return false;
	}
	if (!read_count(r, "attention.value_length", MAX_HEAD, h->dim_k, &h->dim_v) ||
	    !read_count(r, "attention.key_length_swa", MAX_HEAD, h->dim_k, &h->dim_k_local) ||
	    !read_count(r, "attention.value_length_swa", MAX_HEAD, h->dim_v, &h->dim_v_local))
		return false;
	if (h->dim_k % 2 || h->dim_v % 2)
		return err_set(r->e, ERR_FAILED, "head sizes of %u (keys) and %u (values), expected even numbers",
		    h->dim_k, h->dim_v);
	if (h->dim_k_local % 2 || h->dim_v_local % 2)
		return err_set(r->e, ERR_FAILED, "head sizes of %u (keys) and %u (values) in windowed layers, expected even "
		    "numbers", h->dim_k_local, h->dim_v_local);
	return true;
}

static bool
read_factor(struct reader *r, const char *name, double fallback, float *out)
{
	double v;

	if (!read_real(r, name, 1e-6, 1e6, fallback, &v))
		return false;
	*out = (float)v;
	return true;
}

/* Caps and windows of 0 are how converters write "none". */
static bool
read_cap(struct reader *r, const char *name, float *out)
{
	double v;

	if (!read_real(r, name, 0, 1e6, 0, &v))
		return false;
	if (v > 0 && v < 1e-3)
		return err_set(r->e, ERR_FAILED, "%s is %g, expected 0 or 0.001 to 1e+06", r->key, v);
	*out = (float)v;
	return true;
}

/* Numbers whose absence and 0 mean the same. */
static bool
read_optional(struct reader *r, const char *name, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (!find_u64(r, name, &v) && gguf_kv_find(r->g, r->key))
		return err_set(r->e, ERR_FAILED, "%s is not one whole number", r->key);
	if (v > max)
		return err_set(r->e, ERR_FAILED, "%s is %" PRIu64 ", expected 0 to %" PRIu32, r->key, v, max);
	*out = (uint32_t)v;
	return true;
}

/* How many deviations above its mean a gate has to be to count; converters write minus infinity for dense layers. */
static bool
read_sparsity(struct reader *r, struct hparam *h)
{
	const struct gguf_kv *kv;

	if (!find_each(r, "activation_sparsity_scale", h->n_layers, &kv))
		return false;
	h->has_sparsity = kv != NULL;
	for (uint32_t i = 0; kv && i < h->n_layers; i++) {
		double v = gguf_array_f64(kv, i);

		if (!(v <= 100))
			return err_set(r->e, ERR_FAILED, "%s is %g for layer %" PRIu32 ", expected 100 at most", r->key, v, i);
		h->layer_sparsity[i] = v > 0 ? (float)v : 0;
	}
	return true;
}

/* The rank of LAuReL has no key: it is what the tensors have. */
static bool
read_laurel(struct reader *r, struct hparam *h)
{
	const struct gguf_tensor *t = gguf_tensor_find(r->g, "blk.0.laurel_l.weight");

	if (!t)
		return true;
	if (t->dims[1] < 1 || t->dims[1] > MAX_WIDTH)
		return err_set(r->e, ERR_FAILED, "blk.0.laurel_l.weight has %" PRIu64 " rows, expected 1 to %d", t->dims[1],
		    (int)MAX_WIDTH);
	h->n_laurel = (uint32_t)t->dims[1];
	return true;
}

static bool
read_factors(struct reader *r, struct hparam *h)
{
	return read_optional(r, "attention.sliding_window", MAX_CTX, &h->window) && read_pattern(r, h) &&
	    read_optional(r, "attention.shared_kv_layers", h->n_layers - 1, &h->n_shared_kv) &&
	    read_optional(r, "embedding_length_per_layer_input", MAX_WIDTH, &h->n_embd_layer) &&
	    read_optional(r, "decoder_block_count", MAX_LAYERS, &h->n_decoder) &&
	    read_optional(r, "decoder_start_token_id", MAX_VOCAB, &h->decoder_start) &&
	    read_optional(r, "attention.relative_buckets_count", MAX_BUCKETS, &h->n_buckets) &&
	    read_optional(r, "altup.num_inputs", MAX_STREAMS, &h->n_streams) &&
	    read_optional(r, "altup.active_idx", MAX_STREAMS, &h->active_stream) && read_sparsity(r, h) &&
	    read_factor(r, "embedding_scale", 1, &h->embd_scale) &&
	    read_factor(r, "residual_scale", 1, &h->residual_scale) &&
	    read_factor(r, "logit_scale", 1, &h->logit_scale) &&
	    read_factor(r, "attention.scale", 1 / sqrt(h->dim_k), &h->attn_scale) &&
	    read_cap(r, "attn_logit_softcapping", &h->attn_cap) &&
	    read_cap(r, "final_logit_softcapping", &h->logit_cap);
}

static bool
read_eps(struct reader *r, struct hparam *h)
{
	const char *name = "attention.layer_norm_rms_epsilon";
	double eps;

	if (!gguf_kv_find(r->g, key_of(r, name)) && gguf_kv_find(r->g, key_of(r, "attention.layer_norm_epsilon")))
		name = "attention.layer_norm_epsilon";
	if (!read_real(r, name, 0, 1, NAN, &eps))
		return false;
	h->norm_eps = (float)eps;
	return true;
}

static bool
read_experts(struct reader *r, struct hparam *h)
{
	if (!read_optional(r, "expert_count", MAX_EXPERTS, &h->n_experts))
		return false;
	return h->n_experts == 0 ||
	    (read_count(r, "expert_used_count", h->n_experts, 0, &h->n_used) &&
	    read_count(r, "expert_feed_forward_length", MAX_FF, h->n_ff, &h->n_ff_expert) &&
	    read_count(r, "expert_shared_feed_forward_length", MAX_FF, h->n_ff, &h->n_ff_shared));
}

static bool
read_delta(struct reader *r, struct hparam *h)
{
	struct hparam_delta *d = &h->delta;
	uint32_t inner;

	if (!gguf_kv_find(r->g, key_of(r, "ssm.time_step_rank")))
		return true;
	if (!read_count(r, "ssm.conv_kernel", MAX_TAPS, 0, &d->n_taps) ||
	    !read_count(r, "ssm.state_size", MAX_HEAD, 0, &d->dim) ||
	    !read_count(r, "ssm.group_count", MAX_HEADS, 0, &d->n_groups) ||
	    !read_count(r, "ssm.time_step_rank", MAX_HEADS, 0, &d->n_heads) ||
	    !read_count(r, "full_attention_interval", MAX_LAYERS, 4, &d->period) ||
	    !read_count(r, "ssm.inner_size", MAX_FF, 0, &inner))
		return false;
	if (inner != d->n_heads * d->dim)
		return err_set(r->e, ERR_FAILED, "%s is %u, expected %u heads of %u", r->key, inner, d->n_heads, d->dim);
	if (d->n_heads % d->n_groups)
		return err_set(r->e, ERR_FAILED, "ssm.group_count is %u, which does not divide the %u heads of "
		    "ssm.time_step_rank", d->n_groups, d->n_heads);
	return true;
}

/* The vocabulary is as long as the embedding table: files disagree about the key, and many have none. */
static bool
read_vocab(struct reader *r, struct hparam *h)
{
	const struct gguf_tensor *t = gguf_tensor_find(r->g, "token_embd.weight");

	if (!t)
		return err_set(r->e, ERR_FAILED, "the file has no tensor token_embd.weight");
	if (t->dims[1] < 1 || t->dims[1] > MAX_VOCAB)
		return err_set(r->e, ERR_FAILED, "token_embd.weight has %" PRIu64 " rows, expected 1 to %d",
		    t->dims[1], (int)MAX_VOCAB);
	h->n_vocab = (uint32_t)t->dims[1];
	return true;
}

bool
hparam_read(struct hparam *h, const struct gguf *g, const char *arch, struct err *e)
{
	struct reader r = {.g = g, .arch = arch, .e = e};

	*h = (struct hparam){.router_scale = 1};
	if (!read_count(&r, "block_count", MAX_LAYERS, 0, &h->n_layers) ||
	    !read_count(&r, "embedding_length", MAX_WIDTH, 0, &h->n_embd) ||
	    !read_count(&r, "context_length", MAX_CTX, 0, &h->n_ctx_train) ||
	    !read_counts(&r, "feed_forward_length", MAX_FF, 0, h->n_layers, h->layer_ff, &h->n_ff) ||
	    !read_heads(&r, h) ||
	    !read_experts(&r, h) || !read_delta(&r, h) || !read_eps(&r, h) || !read_factors(&r, h) || !read_rope(&r, h))
		return false;
	return read_vocab(&r, h) && read_laurel(&r, h);
}

size_t
hparam_dim(const struct hparam *h, enum dim d)
{
	const size_t dims[] = {
		[DIM_one] = 1,
		[DIM_vocab] = h->n_vocab,
		[DIM_embd] = h->n_embd,
		[DIM_rope] = h->rope.n_rot / 2,
		[DIM_ff_expert] = h->n_ff_expert,
		[DIM_ff_shared] = h->n_ff_shared,
		[DIM_experts] = h->n_experts,
		[DIM_embd_layer] = h->n_embd_layer,
		[DIM_streams] = h->n_streams,
		[DIM_streams2] = (size_t)h->n_streams * h->n_streams,
		[DIM_laurel] = h->n_laurel,
		[DIM_heads] = h->n_heads,
		[DIM_buckets] = h->n_buckets,
		[DIM_embd_layers] = (size_t)h->n_embd_layer * h->n_layers,
		[DIM_delta_conv] = (size_t)(2 * h->delta.n_groups + h->delta.n_heads) * h->delta.dim,
		[DIM_delta_inner] = (size_t)h->delta.n_heads * h->delta.dim,
		[DIM_delta_heads] = h->delta.n_heads,
		[DIM_delta_gates] = 2 * (size_t)h->delta.n_heads,
		[DIM_delta_dim] = h->delta.dim,
		[DIM_delta_taps] = h->delta.n_taps,
		[DIM_single] = 1,
	};

	return dims[d];
}
