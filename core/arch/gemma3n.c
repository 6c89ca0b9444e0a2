/* Gemma 3n: Gemma 3 in the first of four streams.  A layer predicts all of them from all of them, computes the first one
 * anew, and corrects the others by what that changed (AltUp: Baykal et al. 2023).  Beside attention runs a product of low
 * rank (LAuReL: Menghani et al. 2024); the gates of the first layers are sparse; the last layers read the keys and values
 * of earlier ones; each layer has embeddings of its own.  The reference is the model code of transformers, 2025. */
#include "core/arch/arch.h"

#include <math.h>
#include <string.h>

#include "core/arch/share.h"
#include "core/block.h"
#include "core/layer_embd.h"
#include "core/model.h"

enum {
	STREAMS = 4,
	PERIOD = 5,			/* every fifth layer is global, where the file does not say */
	OWN_KV = 20,			/* layers with keys and values of their own, likewise */
	SPARSE = 10,			/* layers with sparse gates, likewise */
	LOGIT_CAP = 30,			/* likewise */
};

#define SPARSITY 1.6448533535f		/* of a normal distribution 95 % lie below */

/* run.own, each [n][n_embd] but the last two. */
struct own {
	float *stream[STREAMS], *predicted[STREAMS];
	float *laurel;
	float *up;			/* [n][n_ff] */
	float *router;			/* [n][STREAMS] */
};

static size_t
own_floats(const struct hparam *h)
{
	return (size_t)(2 * STREAMS + 1) * h->n_embd + h->n_ff + STREAMS;
}

static struct own
own(const struct run *r)
{
	size_t size = r->chunk * r->m->hp.n_embd;
	struct own o;

	for (size_t i = 0; i < STREAMS; i++) {
		o.stream[i] = r->own + i * size;
		o.predicted[i] = r->own + (STREAMS + i) * size;
	}
	o.laurel = r->own + 2 * STREAMS * size;
	o.up = o.laurel + size;
	o.router = o.up + r->chunk * r->m->hp.n_ff;
	return o;
}

/* ---- hyper-parameters ---- */

static void
set_defaults(struct hparam *h)
{
	for (uint32_t i = 0; i < h->n_layers; i++) {
		if (!h->has_pattern)
			h->layer_windowed[i] = (i + 1) % PERIOD != 0;
		if (!h->has_sparsity)
			h->layer_sparsity[i] = i < SPARSE ? SPARSITY : 0;
	}
	if (h->n_shared_kv == 0 && h->n_layers > OWN_KV)
		h->n_shared_kv = h->n_layers - OWN_KV;
	if (h->n_streams == 0)
		h->n_streams = STREAMS;
	if (h->logit_cap == 0)
		h->logit_cap = LOGIT_CAP;
}

static bool
check(struct hparam *h, struct err *e)
{
	set_defaults(h);
	if (h->window == 0)
		return err_set(e, ERR_FAILED, "gemma3n.attention.sliding_window is missing or 0, expected 1 or more");
	if (h->n_streams != STREAMS || h->active_stream != 0)
		return err_set(e, ERR_FAILED, "gemma3n.altup.num_inputs is %u and gemma3n.altup.active_idx %u; supported are %d "
		    "and 0", h->n_streams, h->active_stream, STREAMS);
	if (h->n_embd_layer == 0)
		return err_set(e, ERR_FAILED, "gemma3n.embedding_length_per_layer_input is missing or 0, expected 1 or more");
	for (uint32_t i = 0; i < h->n_layers; i++)
		if (h->layer_sparsity[i] > 0 && h->layer_ff[i] < 2)
			return err_set(e, ERR_FAILED, "gemma3n.feed_forward_length is %u for layer %u, expected 2 or more",
			    h->layer_ff[i], i);
	h->embd_scale = sqrtf((float)h->n_embd);
	h->attn_scale = 1;
	return share_check(h, "gemma3n", e);
}

static void
plan(const struct hparam *h, struct layer *l)
{
	l->kv_from = share_source(h, l->index);
	if (!h->layer_windowed[l->index])
		return;
	l->window = h->window;
	l->rope = ROPE_LOCAL;
}

/* ---- rows of one token ---- */

struct ctx {
	struct run *r;
	const struct layer *l;
	struct own o;
	size_t first;			/* of the tokens worked on */
};

static void
each_token(struct run *r, const struct layer *l, pool_fn *fn)
{
	struct ctx c = {r, l, own(r), 0};

	pool_run(r->pool, r->n, fn, &c);
	times_lap(&r->times, TIME_other);
}

static double
squares(const float *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sum;
}

/* Y as long as X. */
static void
match_length(const struct run *r, float *y, const float *x)
{
	size_t n = r->m->hp.n_embd;
	double least = 1e-10 * (double)n;

	r->k->vec.scale(y, y, (float)sqrt(squares(x, n) / fmax(squares(y, n), least)), n);
}

/* Y += FACTOR * X, by way of TMP. */
static void
add_scaled(const struct run *r, float *y, const float *x, float factor, float *tmp)
{
	size_t n = r->m->hp.n_embd;

	r->k->vec.scale(tmp, x, factor, n);
	r->k->vec.add(y, y, tmp, n);
}

static float *
scratch(const struct run *r, int worker)
{
	return (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes);
}

/* ---- into the streams and out of them ---- */

static void
begin_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	size_t at = t * c->r->m->hp.n_embd;

	(void)worker;
	memcpy(c->o.stream[0] + at, c->r->x + at, c->r->m->hp.n_embd * sizeof *c->r->x);
	for (int i = 1; i < STREAMS; i++)
		match_length(c->r, c->o.stream[i] + at, c->r->x + at);
}

static void
begin(struct run *r, const uint32_t *ids)
{
	struct own o = own(r);
	size_t n_embd = r->m->hp.n_embd;
	struct mul_job j = {.n_parts = STREAMS - 1, .into = MUL_SET, .n = r->n};

	layer_embd_begin(r, ids);
	for (size_t i = 0; i < STREAMS - 1; i++)
		j.part[i] = (struct mul_part){.w = &r->m->w[W_stream_in], .matrix = i, .y = o.stream[i + 1], .y_stride = n_embd};
	act_prepare(r, r->x, n_embd, (struct norm){0}, &j);
	mul_run(r, &j);
	each_token(r, NULL, begin_token);
}

static void
end_token(void *ctx, size_t i, int worker)
{
	const struct ctx *c = ctx;
	size_t n_embd = c->r->m->hp.n_embd, at = (c->first + i) * n_embd;
	const float *active = c->o.stream[0] + at;
	float *x = c->r->x + at;

	(void)worker;
	memcpy(x, active, n_embd * sizeof *x);
	for (int s = 1; s < STREAMS; s++) {
		match_length(c->r, c->o.predicted[s] + at, active);
		c->r->k->vec.add(x, x, c->o.predicted[s] + at, n_embd);
	}
	c->r->k->vec.scale(x, x, 1.0f / STREAMS, n_embd);
}

static void
end(struct run *r, size_t n)
{
	struct ctx c = {r, NULL, own(r), r->n - n};
	size_t n_embd = r->m->hp.n_embd, at = c.first * n_embd;

	for (size_t i = 1; i < STREAMS; i++) {
		struct mul_job j = {
			.part = {{.w = &r->m->w[W_stream_out], .matrix = i - 1, .y = c.o.predicted[i] + at, .y_stride = n_embd}},
			.n_parts = 1,
			.into = MUL_SET,
			.n = n,
		};

		act_prepare(r, c.o.stream[i] + at, n_embd, (struct norm){0}, &j);
		mul_run(r, &j);
	}
	pool_run(r->pool, n, end_token, &c);
}

/* ---- AltUp ---- */

/* router = W norm(x); the caller divides by n_embd. */
static void
route(struct run *r, const struct layer *l, const float *x)
{
	struct own o = own(r);
	struct mul_job j = {
		.part = {{.w = &l->w[W_stream_router], .y = o.router, .y_stride = STREAMS}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, x, r->m->hp.n_embd, (struct norm){l->w[W_stream_router_norm].vec, NULL}, &j);
	mul_run(r, &j);
}

/* coef[N] = table tanh(router / n_embd) */
static void
coefficients(const struct ctx *c, size_t t, const struct weight *table, float *coef, size_t n)
{
	float *m = c->o.router + t * STREAMS;

	for (size_t k = 0; k < n; k++)
		coef[k] = 0;
	for (size_t i = 0; i < STREAMS; i++) {
		m[i] = tanhf(m[i] / (float)c->r->m->hp.n_embd);
		for (size_t k = 0; k < n; k++)
			coef[k] += table->vec[i * n + k] * m[i];
	}
}

static void
predict_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	const struct run *r = c->r;
	size_t n_embd = r->m->hp.n_embd, at = t * n_embd;
	float coef[STREAMS * STREAMS], *tmp = scratch(r, worker);

	coefficients(c, t, &c->l->w[W_stream_predict], coef, STREAMS * STREAMS);
	for (int i = 0; i < STREAMS; i++) {
		memcpy(c->o.predicted[i] + at, c->o.stream[i] + at, n_embd * sizeof *tmp);
		for (int k = 0; k < STREAMS; k++)
			add_scaled(r, c->o.predicted[i] + at, c->o.stream[k] + at, coef[i * STREAMS + k], tmp);
	}
	memcpy(r->x + at, c->o.predicted[0] + at, n_embd * sizeof *tmp);
	r->k->vec.rms_norm(c->o.laurel + at, r->x + at, c->l->w[W_attn_norm].vec, n_embd, r->m->hp.norm_eps);
}

static void
correct_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	const struct run *r = c->r;
	size_t n_embd = r->m->hp.n_embd, at = t * n_embd;
	float coef[STREAMS], *change = r->x + at, *tmp = scratch(r, worker);

	coefficients(c, t, &c->l->w[W_stream_correct], coef, STREAMS);
	r->k->vec.scale(tmp, c->o.predicted[0] + at, -1, n_embd);
	r->k->vec.add(change, change, tmp, n_embd);
	for (int i = 0; i < STREAMS; i++) {
		memcpy(c->o.stream[i] + at, c->o.predicted[i] + at, n_embd * sizeof *tmp);
		add_scaled(r, c->o.stream[i] + at, change, 1 + coef[i], tmp);
	}
	/* The input of the layer's embedding. */
	r->k->vec.mul(r->x + at, c->o.stream[0] + at, c->l->w[W_stream_scale].vec, n_embd);
}

/* What the layer's embedding gives goes to all streams but the first. */
static void
embd_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	const struct run *r = c->r;
	size_t n_embd = r->m->hp.n_embd, at = t * n_embd;
	float *y = r->branch + at;

	(void)worker;
	r->k->vec.rms_norm(y, y, c->l->w[W_embd_post_norm].vec, n_embd, r->m->hp.norm_eps);
	for (int i = 1; i < STREAMS; i++)
		r->k->vec.add(c->o.stream[i] + at, c->o.stream[i] + at, y, n_embd);
}

/* ---- LAuReL ---- */

static void
laurel_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	const struct run *r = c->r;
	size_t n_embd = r->m->hp.n_embd, at = t * n_embd;
	float *y = r->branch + at;

	(void)worker;
	r->k->vec.rms_norm(y, y, c->l->w[W_laurel_norm].vec, n_embd, r->m->hp.norm_eps);
	r->k->vec.add(c->o.laurel + at, c->o.laurel + at, y, n_embd);
}

/* laurel += norm(out in laurel) */
static void
laurel(struct run *r, const struct layer *l)
{
	struct own o = own(r);
	size_t n_embd = r->m->hp.n_embd, rank = r->m->hp.n_laurel;
	struct mul_job in = {
		.part = {{.w = &l->w[W_laurel_in], .y = r->ff, .y_stride = rank}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};
	struct mul_job out = {
		.part = {{.w = &l->w[W_laurel_out], .y = r->branch, .y_stride = n_embd}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, o.laurel, n_embd, (struct norm){0}, &in);
	mul_run(r, &in);
	act_prepare(r, r->ff, rank, (struct norm){0}, &out);
	mul_run(r, &out);
	each_token(r, l, laurel_token);
}

static void
join_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	size_t n_embd = c->r->m->hp.n_embd, at = t * n_embd;

	(void)worker;
	c->r->k->vec.add(c->r->x + at, c->r->x + at, c->o.laurel + at, n_embd);
	c->r->k->vec.scale(c->r->x + at, c->r->x + at, sqrtf(0.5f), n_embd);
}

/* ---- sparse gates ---- */

/* Only what lies FACTOR deviations above the mean counts, by what it does so: deviations of a sample, as the writers of
 * these files count; the published model code divides by N, and core/hf/gemma3n.c converts. */
static void
sparsify(float *gate, size_t n, float factor)
{
	double sum = 0, squares = 0, mean;
	float least;

	for (size_t i = 0; i < n; i++)
		sum += (double)gate[i];
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += ((double)gate[i] - mean) * ((double)gate[i] - mean);
	least = (float)(mean + (double)factor * sqrt(squares / (double)(n - 1)));
	for (size_t i = 0; i < n; i++)
		gate[i] = gate[i] > least ? gate[i] - least : 0;
}

static void
gate_token(void *ctx, size_t t, int worker)
{
	const struct ctx *c = ctx;
	size_t n = c->l->n_ff;
	float *gate = c->r->ff + t * n;

	(void)worker;
	sparsify(gate, n, c->r->m->hp.layer_sparsity[c->l->index]);
	c->r->k->vec.gelu_mul(gate, gate, c->o.up + t * n, n);
}

static void
sparse_ffn(struct run *r, const struct layer *l)
{
	struct own o = own(r);
	struct mul_job j = {
		.part = {
			{.w = &l->w[W_ffn_gate], .y = r->ff, .y_stride = l->n_ff},
			{.w = &l->w[W_ffn_up], .y = o.up, .y_stride = l->n_ff},
		},
		.n_parts = 2,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, r->m->hp.n_embd, (struct norm){l->w[W_ffn_norm].vec, NULL}, &j);
	mul_run(r, &j);
	each_token(r, l, gate_token);
	block_ffn_out(r, l);
}

static void
layer(struct run *r, const struct layer *l)
{
	route(r, l, own(r).stream[0]);
	each_token(r, l, predict_token);
	laurel(r, l);
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	each_token(r, l, join_token);
	if (r->m->hp.layer_sparsity[l->index] > 0)
		sparse_ffn(r, l);
	else
		block_ffn(r, l, FFN_GELU);
	route(r, l, r->x);
	each_token(r, l, correct_token);
	layer_embd_branch(r, l, r->x);
	each_token(r, l, embd_token);
}

const struct arch arch_gemma3n = {
	.name = "gemma3n",
	.rope = ROPE_NEOX,
	.has_v_norm = true,
	.check = check,
	.plan = plan,
	.has = share_has,
	.ignores = share_ignores,
	.begin = begin,
	.end = end,
	.own_floats = own_floats,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_OPTIONAL,
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
		[W_layer_embd_table] = WEIGHT_REQUIRED,
		[W_layer_embd_proj] = WEIGHT_REQUIRED,
		[W_layer_embd_norm] = WEIGHT_REQUIRED,
		[W_embd_gate] = WEIGHT_REQUIRED,
		[W_embd_out] = WEIGHT_REQUIRED,
		[W_embd_post_norm] = WEIGHT_REQUIRED,
		[W_stream_in] = WEIGHT_REQUIRED,
		[W_stream_out] = WEIGHT_REQUIRED,
		[W_stream_router] = WEIGHT_REQUIRED,
		[W_stream_router_norm] = WEIGHT_REQUIRED,
		[W_stream_predict] = WEIGHT_REQUIRED,
		[W_stream_correct] = WEIGHT_REQUIRED,
		[W_stream_scale] = WEIGHT_REQUIRED,
		[W_laurel_in] = WEIGHT_REQUIRED,
		[W_laurel_out] = WEIGHT_REQUIRED,
		[W_laurel_norm] = WEIGHT_REQUIRED,
	},
};
