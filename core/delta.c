/* The gated delta rule; see delta.h.  Four steps: products of all inputs; the convolution, norms and gates of each
 * token; the rule, whose strips of columns know nothing of each other, so that threads share them; norm and gate of
 * the output. */
#include "core/delta.h"

#include <math.h>
#include <string.h>

#include "core/block.h"

enum {
	STRIP = 64,			/* columns of a strip: with a head of 128 it fills the L1 cache */
	TOKENS = 4,			/* of a chunk */
	MAX_TAPS = 16,
};

/* ---- what the layers are ---- */

bool
delta_check(struct hparam *h, struct err *e)
{
	if (h->delta.n_heads == 0)
		return err_set(e, ERR_FAILED, "the file has no ssm.time_step_rank, which its architecture needs");
	if (h->delta.n_taps > MAX_TAPS)
		return err_set(e, ERR_FAILED, "ssm.conv_kernel is %u, expected 1 to %d", h->delta.n_taps, MAX_TAPS);
	if (h->dim_k != h->dim_v)
		return err_set(e, ERR_FAILED, "head sizes of %u (keys) and %u (values), expected the same", h->dim_k,
		    h->dim_v);
	return true;
}

void
delta_plan(const struct hparam *h, struct layer *l)
{
	if ((l->index + 1) % h->delta.period == 0) {
		l->has_gate = true;
		return;
	}
	l->n_kv_heads = 0;
	l->n_state = delta_state_floats(h);
}

bool
delta_has(const struct layer *l, enum weight_id id)
{
	switch (id) {
	case W_delta_qkv:
	case W_delta_gate:
	case W_delta_conv:
	case W_delta_dt:
	case W_delta_a:
	case W_delta_ba:
	case W_delta_beta:
	case W_delta_alpha:
	case W_delta_norm:
	case W_delta_out:
		return l->n_state > 0;
	case W_attn_q:
	case W_attn_k:
	case W_attn_v:
	case W_attn_q_norm:
	case W_attn_k_norm:
	case W_attn_out:
		return l->n_state == 0;
	default:
		return true;
	}
}

/* ---- shapes ---- */

struct delta_shape {
	size_t dim, n_heads, n_groups;
	size_t conv, inner;		/* channels of the convolution, numbers of all values */
	size_t row;			/* of run.qkv: conv, then the output's gate, then the gates of the heads */
	size_t turned;			/* of run.q: q, k, v after the convolution, then decay and beta of each head */
};

static struct delta_shape
shape_of(const struct hparam *h)
{
	struct delta_shape s = {
		.dim = h->delta.dim,
		.n_heads = h->delta.n_heads,
		.n_groups = h->delta.n_groups,
		.conv = hparam_dim(h, DIM_delta_conv),
		.inner = hparam_dim(h, DIM_delta_inner),
	};

	s.row = s.conv + s.inner + 2 * s.n_heads;
	s.turned = s.conv + 2 * s.n_heads;
	return s;
}

size_t
delta_state_floats(const struct hparam *h)
{
	struct delta_shape s = shape_of(h);

	return (h->delta.n_taps - 1) * s.conv + s.n_heads * s.dim * s.dim;
}

struct delta_ctx {
	struct run *r;
	const struct layer *l;
	struct delta_shape s;
	enum delta_order order;
	size_t n_strips;		/* of a head */
};

/* ---- the inputs ---- */

static void
project(const struct delta_ctx *c)
{
	struct run *r = c->r;
	const struct layer *l = c->l;
	size_t row = c->s.row;
	float *gates = r->qkv + c->s.conv + c->s.inner;
	struct mul_job j = {
		.part = {
			{.w = &l->w[W_delta_qkv], .y = r->qkv, .y_stride = row},
			{.w = &l->w[W_delta_gate], .y = r->qkv + c->s.conv, .y_stride = row},
			{.w = &l->w[c->order == DELTA_BLOCKS ? W_delta_ba : W_delta_beta], .y = gates, .y_stride = row},
			{.w = &l->w[W_delta_alpha], .y = gates + c->s.n_heads, .y_stride = row},
		},
		.n_parts = c->order == DELTA_BLOCKS ? 3 : 4,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, r->m->hp.n_embd, (struct norm){l->w[W_attn_norm].vec, NULL}, &j);
	mul_run(r, &j);
}

/* Inputs of the convolution at token T of the pass, or before it: then they come from the state. */
static const float *
conv_input(const struct delta_ctx *c, ptrdiff_t t)
{
	size_t before = c->r->m->hp.delta.n_taps - 1;

	if (t >= 0)
		return c->r->qkv + (size_t)t * c->s.row;
	return c->r->state->now + c->l->state_at + (before - (size_t)-t) * c->s.conv;
}

/* x / sqrt(|x|^2 + 1e-6) * factor: the model code's number, not the eps of the norms. */
static void
unit(const struct run *r, float *x, size_t n, float factor)
{
	float squares = 1e-6f;

	for (size_t i = 0; i < n; i++)
		squares = fmaf(x[i], x[i], squares);
	r->k->vec.scale(x, x, factor / sqrtf(squares), n);
}

static float
softplus(float x)
{
	return x > 20 ? x : log1pf(expf(x));
}

static void
prepare_gates(const struct delta_ctx *c, const float *in, float *out)
{
	const struct layer *l = c->l;
	size_t n = c->s.n_heads, group = n / c->s.n_groups;

	for (size_t i = 0; i < n; i++) {
		bool blocks = c->order == DELTA_BLOCKS;
		const float *beta = blocks ? in + i / group * 2 * group + i % group : in + i;
		float alpha = beta[blocks ? group : n];

		out[2 * i] = expf(l->w[W_delta_a].vec[i] * softplus(alpha + l->w[W_delta_dt].vec[i]));
		out[2 * i + 1] = 1 / (1 + expf(-*beta));
	}
}

static void
prepare_token(const struct delta_ctx *c, size_t t)
{
	const struct run *r = c->r;
	uint32_t n_taps = r->m->hp.delta.n_taps;
	float *out = r->q + t * c->s.turned, scale = 1 / sqrtf((float)c->s.dim);
	const float *taps[MAX_TAPS];

	for (uint32_t i = 0; i < n_taps; i++)
		taps[i] = conv_input(c, (ptrdiff_t)t + 1 + i - n_taps);
	r->k->vec.conv_silu(out, taps, c->l->w[W_delta_conv].vec, n_taps, c->s.conv);
	for (size_t i = 0; i < 2 * c->s.n_groups; i++)
		unit(r, out + i * c->s.dim, c->s.dim, i < c->s.n_groups ? scale : 1);
	prepare_gates(c, r->qkv + t * c->s.row + c->s.conv + c->s.inner, out + c->s.conv);
}

static void
prepare_chunk(void *ctx, size_t chunk, int worker)
{
	const struct delta_ctx *c = ctx;

	(void)worker;
	for (size_t t = chunk * TOKENS; t < (chunk + 1) * TOKENS && t < c->r->n; t++)
		prepare_token(c, t);
}

/* ---- the rule ---- */

static void
strip_chunk(void *ctx, size_t chunk, int worker)
{
	const struct delta_ctx *c = ctx;
	const struct run *r = c->r;
	const struct delta_shape *s = &c->s;
	size_t head = chunk / c->n_strips, col = chunk % c->n_strips * STRIP;
	size_t group = c->order == DELTA_BLOCKS ? head / (s->n_heads / s->n_groups) : head % s->n_groups;
	size_t at = c->l->state_at + (r->m->hp.delta.n_taps - 1) * s->conv + (head * s->dim + col) * s->dim;
	struct kern_delta d = {
		.from = r->state->now + at,
		.s = r->state->next + at,
		.dim = s->dim,
		.n_cols = s->dim - col < STRIP ? s->dim - col : STRIP,
		.n_tokens = r->n,
		.q = r->q + group * s->dim,
		.k = r->q + (s->n_groups + group) * s->dim,
		.v = r->q + 2 * s->n_groups * s->dim + head * s->dim + col,
		.x_stride = s->turned,
		.decay = r->q + s->conv + 2 * head,
		.beta = r->q + s->conv + 2 * head + 1,
		.gate_stride = s->turned,
		.y = r->mix + head * s->dim + col,
		.y_stride = s->inner,
	};

	(void)worker;
	r->k->vec.delta(&d);
}

static void
keep_inputs(const struct delta_ctx *c)
{
	ptrdiff_t before = (ptrdiff_t)c->r->m->hp.delta.n_taps - 1;
	float *out = c->r->state->next + c->l->state_at;

	for (ptrdiff_t i = 0; i < before; i++)
		memcpy(out + (size_t)i * c->s.conv, conv_input(c, (ptrdiff_t)c->r->n - before + i),
		    c->s.conv * sizeof *out);
}

/* ---- the output ---- */

static void
gate_chunk(void *ctx, size_t chunk, int worker)
{
	const struct delta_ctx *c = ctx;
	const struct run *r = c->r;
	const struct delta_shape *s = &c->s;

	(void)worker;
	for (size_t t = chunk * TOKENS; t < (chunk + 1) * TOKENS && t < r->n; t++) {
		float *y = r->mix + t * s->inner;

		for (size_t i = 0; i < s->n_heads; i++)
			r->k->vec.rms_norm(y + i * s->dim, y + i * s->dim, c->l->w[W_delta_norm].vec, s->dim,
			    r->m->hp.norm_eps);
		r->k->vec.silu_mul(y, r->qkv + t * s->row + s->conv, y, s->inner);
	}
}

static void
block_delta(struct run *r, const struct layer *l, enum delta_order order)
{
	struct delta_ctx c = {.r = r, .l = l, .s = shape_of(&r->m->hp), .order = order};
	size_t n_chunks = (r->n + TOKENS - 1) / TOKENS;

	c.n_strips = (c.s.dim + STRIP - 1) / STRIP;
	project(&c);
	pool_run(r->pool, n_chunks, prepare_chunk, &c);
	pool_run(r->pool, c.s.n_heads * c.n_strips, strip_chunk, &c);
	keep_inputs(&c);
	pool_run(r->pool, n_chunks, gate_chunk, &c);
	times_lap(&r->times, TIME_attn);
	block_mix_out(r, l, W_delta_out);
}

void
block_delta_or_attention(struct run *r, const struct layer *l, enum delta_order order)
{
	if (l->n_state > 0) {
		block_delta(r, l, order);
		return;
	}
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_gate(r, l);
	block_attn_out(r, l);
}
