/* The blocks that layers are made of; see block.h. */
#include "core/block.h"

#include <string.h>

#include "core/attention.h"
#include "core/encoder.h"

enum {
	BRANCH_TOKENS = 4,		/* tokens of a chunk of add_branch */
	ROPE_TOKENS = 4,		/* tokens of a chunk of block_rope_store */
};

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct mul_part
part(const struct layer *l, enum weight_id w, enum weight_id bias, float *y, size_t y_stride)
{
	return (struct mul_part){.w = &l->w[w], .bias = l->w[bias].vec, .y = y, .y_stride = y_stride};
}

static struct norm
norm_of(const struct layer *l, enum weight_id w, enum weight_id bias)
{
	return (struct norm){l->w[w].vec, l->w[bias].vec};
}

/* ---- q, k, v ---- */

struct qkv_shape {
	size_t q, k, v, row;		/* numbers of a token */
};

static struct qkv_shape
qkv_shape(const struct run *r, const struct layer *l)
{
	const struct hparam *h = &r->m->hp;
	struct qkv_shape s = {
		.q = layer_dim(h, l, DIM_q),
		.k = layer_dim(h, l, DIM_k),
		.v = layer_dim(h, l, DIM_v),
	};

	s.row = s.q + s.k + s.v;
	return s;
}

enum { PART_Q = 1, PART_KV = 2 };

static unsigned
own_parts(const struct layer *l)
{
	return l->kv_from == l->index ? PART_Q | PART_KV : PART_Q;
}

static void
multiply_qkv(struct run *r, const struct layer *l, unsigned parts)
{
	struct qkv_shape s = qkv_shape(r, l);
	struct mul_job j = {.into = MUL_SET, .n = r->n};

	if (parts & PART_Q)
		j.part[j.n_parts++] = part(l, W_attn_q, W_attn_q_bias, r->qkv, s.row);
	if (parts & PART_KV)
		j.part[j.n_parts++] = part(l, W_attn_k, W_attn_k_bias, r->qkv + s.q, s.row);
	if (parts & PART_KV && l->w[W_attn_v].stored)
		j.part[j.n_parts++] = part(l, W_attn_v, W_attn_v_bias, r->qkv + s.q + s.k, s.row);
	act_prepare(r, r->x, r->m->hp.n_embd, norm_of(l, W_attn_norm, W_attn_norm_bias), &j);
	mul_run(r, &j);
}

void
block_qkv(struct run *r, const struct layer *l)
{
	multiply_qkv(r, l, own_parts(l));
}

/* ---- rope and store ---- */

struct layer_ctx {
	struct run *r;
	const struct layer *l;
	unsigned parts;
	struct qkv_shape shape;
};

/* Where a layer keeps its keys and values. */
static const struct kv_layer *
cache_of(const struct run *r, const struct layer *l)
{
	return l->is_encoder ? &r->enc->kv.layers[l->index] : &r->kv->layers[l->index];
}

/* Norm (in place) and turn one head of token T. */
static void
turn_head(const struct run *r, const struct layer *l, float *head, const float *norm, size_t t)
{
	const struct run_turn *turn;
	const float *cos, *sin;

	if (norm)
		r->k->vec.rms_norm(head, head, norm, l->dim_k, r->m->hp.norm_eps);
	if (l->rope == ROPE_OFF)
		return;
	turn = &r->turn[l->rope];
	cos = turn->cos + t * turn->n_pairs;
	sin = turn->sin + t * turn->n_pairs;
	if (r->m->arch->rope == ROPE_NEOX)
		r->k->vec.rope_neox(head, cos, sin, turn->n_pairs);
	else
		r->k->vec.rope_norm(head, cos, sin, turn->n_pairs);
}

/* The queries of the group of a key/value head. */
static void
turn_queries(const struct layer_ctx *c, size_t head, size_t t)
{
	const struct run *r = c->r;
	const struct layer *l = c->l;
	size_t group = l->n_heads / l->n_kv_heads, q_head = c->shape.q / l->n_heads;
	float *q = r->qkv + t * c->shape.row + head * group * q_head;

	for (size_t i = 0; i < group; i++, q += q_head) {
		turn_head(r, l, q, l->w[W_attn_q_norm].vec, t);
		attention_query(r, l, head * group + i, t, q);
	}
}

static void
turn_and_store(const struct layer_ctx *c, size_t head, size_t t)
{
	const struct run *r = c->r;
	const struct layer *l = c->l;
	float *keys = r->qkv + t * c->shape.row + c->shape.q, *k = keys + head * l->dim_k;
	float *v = keys + c->shape.k + head * l->dim_v;

	if (!l->w[W_attn_v].stored)
		memcpy(v, k, l->dim_v * sizeof *v);
	if (r->m->arch->has_v_norm)
		r->k->vec.rms_norm(v, v, NULL, l->dim_v, r->m->hp.norm_eps);
	turn_head(r, l, k, l->w[W_attn_k_norm].vec, t);
	kv_store(r->kv, cache_of(r, l), (uint32_t)head, r->pos + t, k, v);
}

/* A chunk is a key/value head of some tokens: one token is work for as many threads as there are heads. */
static void
rope_store_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	size_t head = chunk % c->l->n_kv_heads, first = chunk / c->l->n_kv_heads * ROPE_TOKENS;
	size_t last = min_size(first + ROPE_TOKENS, c->r->n);

	(void)worker;
	if (c->parts & PART_KV)
		kv_ask(cache_of(c->r, c->l), (uint32_t)head, c->r->pos + first);
	for (size_t t = first; c->parts & PART_Q && t < last; t++)
		turn_queries(c, head, t);
	for (size_t t = first; c->parts & PART_KV && t < last; t++)
		turn_and_store(c, head, t);
}

static void
rope_store(struct run *r, const struct layer *l, unsigned parts)
{
	struct layer_ctx c = {r, l, parts, qkv_shape(r, l)};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS * l->n_kv_heads, rope_store_chunk, &c);
	times_lap(&r->times, TIME_store);
}

void
block_rope_store(struct run *r, const struct layer *l)
{
	rope_store(r, l, own_parts(l));
}

void
block_keys(struct run *r, const struct layer *l)
{
	multiply_qkv(r, l, PART_KV);
	rope_store(r, l, PART_KV);
}

void
block_queries(struct run *r, const struct layer *l)
{
	multiply_qkv(r, l, PART_Q);
	rope_store(r, l, PART_Q);
}

/* ---- the gate of attention ---- */

static void
gate_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	const struct run *r = c->r;
	const struct layer *l = c->l;
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, r->n), row = qkv_shape(r, l).row, dim = l->dim_v;

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		for (size_t i = 0; i < l->n_heads; i++) {
			float *y = r->mix + (t * l->n_heads + i) * dim;

			r->k->vec.sigmoid_mul(y, r->qkv + t * row + (2 * i + 1) * dim, y, dim);
		}
}

void
block_attn_gate(struct run *r, const struct layer *l)
{
	struct layer_ctx c = {.r = r, .l = l};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, gate_chunk, &c);
	times_lap(&r->times, TIME_attn);
}

/* ---- what a branch adds to the residual stream ---- */

struct branch_ctx {
	const struct run *r;
	const float *post_norm;
};

static void
branch_chunk(void *ctx, size_t chunk, int worker)
{
	const struct branch_ctx *c = ctx;
	const struct run *r = c->r;
	const struct hparam *h = &r->m->hp;
	size_t last = min_size((chunk + 1) * BRANCH_TOKENS, r->n);

	(void)worker;
	for (size_t t = chunk * BRANCH_TOKENS; t < last; t++) {
		float *x = r->x + t * h->n_embd, *y = r->branch + t * h->n_embd;

		if (c->post_norm)
			r->k->vec.rms_norm(y, y, c->post_norm, h->n_embd, h->norm_eps);
		if (h->residual_scale != 1)
			r->k->vec.scale(y, y, h->residual_scale, h->n_embd);
		r->k->vec.add(x, x, y, h->n_embd);
	}
}

void
block_add_branch(struct run *r, const float *post_norm)
{
	struct branch_ctx c = {r, post_norm};

	pool_run(r->pool, (r->n + BRANCH_TOKENS - 1) / BRANCH_TOKENS, branch_chunk, &c);
	times_lap(&r->times, TIME_other);
}

void
block_scale(struct run *r, float factor)
{
	r->k->vec.scale(r->x, r->x, factor, r->n * r->m->hp.n_embd);
}

/* x += what the weight W makes of the input prepared from FROM[n][n_cols]. */
static void
add_branch(struct run *r, struct mul_part out, const float *from, const float *sub_norm, const float *post_norm)
{
	bool direct = !post_norm && r->m->hp.residual_scale == 1;
	struct mul_job j = {.part = {out}, .n_parts = 1, .into = direct ? MUL_ADD : MUL_SET, .n = r->n};

	/* The products read the prepared input, so the branch may lie where FROM was. */
	j.part[0].y = direct ? r->x : r->branch;
	j.part[0].y_stride = r->m->hp.n_embd;
	act_prepare(r, from, out.w->n_cols, (struct norm){sub_norm, NULL}, &j);
	mul_run(r, &j);
	if (!direct)
		block_add_branch(r, post_norm);
}

void
block_attn_out(struct run *r, const struct layer *l)
{
	add_branch(r, part(l, W_attn_out, W_attn_out_bias, NULL, 0), r->mix, l->w[W_attn_sub_norm].vec,
	    l->w[W_attn_post_norm].vec);
}

void
block_mix_out(struct run *r, const struct layer *l, enum weight_id w)
{
	add_branch(r, (struct mul_part){.w = &l->w[w]}, r->mix, NULL, NULL);
}

/* ---- the output of the encoder ---- */

static void
cross_store_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	const struct run *r = c->r;
	const struct layer *l = c->l;
	const struct kv_layer *cache = &r->enc->cross.layers[l->index];
	struct qkv_shape s = qkv_shape(r, l);
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, r->n);

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		for (uint32_t i = 0; i < l->n_kv_heads; i++) {
			const float *k = r->qkv + t * s.row + i * l->dim_k, *v = r->qkv + t * s.row + s.k + i * l->dim_v;

			kv_store(r->kv, cache, i, r->pos + t, k, v);
		}
}

void
block_cross_store(struct run *r, const struct layer *l, struct norm norm)
{
	struct layer_ctx c = {.r = r, .l = l};
	struct qkv_shape s = qkv_shape(r, l);
	struct mul_job j = {
		.part = {
			{.w = &l->w[W_cross_k], .y = r->qkv, .y_stride = s.row},
			{.w = &l->w[W_cross_v], .y = r->qkv + s.k, .y_stride = s.row},
		},
		.n_parts = 2,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, r->m->hp.n_embd, norm, &j);
	mul_run(r, &j);
	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, cross_store_chunk, &c);
}

static void
cross_group_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	const struct run *r = c->r;
	const struct layer *l = c->l;
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, r->n);

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		for (size_t i = 0; i < l->n_heads; i++)
			attention_query(r, l, i, t, r->qkv + (t * l->n_heads + i) * l->dim_k);
}

void
block_cross(struct run *r, const struct layer *l)
{
	struct layer_ctx c = {.r = r, .l = l};
	struct attn_view v = {.cache = &r->enc->cross.layers[l->index], .n_all = r->enc->n};
	struct mul_job j = {
		.part = {{.w = &l->w[W_cross_q], .y = r->qkv, .y_stride = (size_t)l->n_heads * l->dim_k}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, r->m->hp.n_embd, (struct norm){l->w[W_cross_norm].vec, NULL}, &j);
	mul_run(r, &j);
	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, cross_group_chunk, &c);
	times_lap(&r->times, TIME_store);
	attention_run(r, l, &v);
	add_branch(r, (struct mul_part){.w = &l->w[W_cross_out]}, r->mix, NULL, l->w[W_cross_post_norm].vec);
}

/* ---- feed forward ---- */

void
block_keep(struct run *r)
{
	memcpy(r->kept, r->x, r->n * r->m->hp.n_embd * sizeof *r->x);
}

static void
relu(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] > 0 ? x[i] : 0;
}

gate_fn *
block_gate(const struct kern_vec *vec, enum ffn_act act)
{
	return act == FFN_SILU ? vec->silu_mul : act == FFN_GELU ? vec->gelu_mul : vec->relu2_mul;
}

void
block_ffn_out(struct run *r, const struct layer *l)
{
	add_branch(r, part(l, W_ffn_down, W_ffn_down_bias, NULL, 0), r->ff, l->w[W_ffn_sub_norm].vec,
	    l->w[W_ffn_post_norm].vec);
}

void
block_ffn(struct run *r, const struct layer *l, enum ffn_act act)
{
	size_t n_embd = r->m->hp.n_embd, n_ff = l->n_ff;
	bool gated = l->w[W_ffn_gate].stored, parallel = r->m->arch->is_parallel;
	struct norm norm = parallel ? norm_of(l, W_attn_norm, W_attn_norm_bias) : norm_of(l, W_ffn_norm, W_ffn_norm_bias);
	struct mul_part gate = part(l, W_ffn_gate, W_ffn_gate_bias, r->ff, n_ff);
	struct mul_part up = part(l, W_ffn_up, W_ffn_up_bias, r->ff, n_ff);
	struct mul_job in = {
		.part = {gated ? gate : up, up},
		.n_parts = gated ? 2 : 1,
		.into = gated ? MUL_GATE : MUL_MAP,
		.gate = block_gate(&r->k->vec, act),
		.map = act == FFN_RELU ? relu : r->k->vec.gelu,
		.n = r->n,
	};

	act_prepare(r, parallel ? r->kept : r->x, n_embd, norm, &in);
	mul_run(r, &in);
	block_ffn_out(r, l);
}
