/* The blocks that layers are made of; see block.h. */
#include "core/block.h"

#include <string.h>

#include "core/encoder.h"
#include "core/relpos.h"

enum {
	BRANCH_TOKENS = 4,		/* tokens of a chunk of add_branch */
	ROPE_TOKENS = 4,		/* tokens of a chunk of block_rope_store */
	TILE_ROWS = 32,			/* query rows of a chunk of attention: keys are read once for all of them */
	TILE_SCORES = 1 << 18,		/* scores of a tile at most: they should stay in the second cache */
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

/* Query rows of one key/value head stand together, so that attention reads its keys once for the whole group. */
static float *
group_of(const struct run *r, const struct layer *l, size_t kv_head, size_t t)
{
	return r->q + (kv_head * r->n + t) * (l->n_heads / l->n_kv_heads) * l->dim_k;
}

static void
rope_store_token(const struct run *r, const struct layer *l, unsigned parts, size_t t)
{
	const struct kern_kv *kern = r->kv->kern;
	const struct kv_layer *cache = cache_of(r, l);
	struct qkv_shape s = qkv_shape(r, l);
	float *q = r->qkv + t * s.row, *k = q + s.q, *v = k + s.k;
	size_t group = l->n_heads / l->n_kv_heads, at = r->pos + t, q_head = s.q / l->n_heads;

	for (uint32_t i = 0; parts & PART_Q && i < l->n_heads; i++) {
		turn_head(r, l, q + i * q_head, l->w[W_attn_q_norm].vec, t);
		memcpy(group_of(r, l, i / group, t) + i % group * l->dim_k, q + i * q_head, l->dim_k * sizeof *q);
	}
	for (uint32_t i = 0; parts & PART_KV && i < l->n_kv_heads; i++) {
		if (!l->w[W_attn_v].stored)
			memcpy(v + i * l->dim_v, k + i * l->dim_k, l->dim_v * sizeof *v);
		if (r->m->arch->has_v_norm)
			r->k->vec.rms_norm(v + i * l->dim_v, v + i * l->dim_v, NULL, l->dim_v, r->m->hp.norm_eps);
		turn_head(r, l, k + i * l->dim_k, l->w[W_attn_k_norm].vec, t);
		kern->store(kv_key(cache, i, at), k + i * l->dim_k, l->dim_k);
		kern->store(kv_value(cache, i, at), v + i * l->dim_v, l->dim_v);
	}
}

static void
rope_store_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, c->r->n);

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		rope_store_token(c->r, c->l, c->parts, t);
}

static void
rope_store(struct run *r, const struct layer *l, unsigned parts)
{
	struct layer_ctx c = {r, l, parts};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, rope_store_chunk, &c);
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

/* ---- attention ---- */

/* Positions that one tile of layer L looks back over at most. */
static size_t
keys_seen(const struct run *r, const struct layer *l)
{
	size_t own = cache_of(r, l)->n_kept, cross = 0;

	if (r->enc && !l->is_encoder)
		cross = r->enc->cross.layers[l->index].n_kept;
	return own > cross ? own : cross;
}

/* Tokens whose query rows make one chunk: few enough that their scores fit. */
static size_t
tile_tokens(const struct run *r, const struct layer *l)
{
	size_t group = l->n_heads / l->n_kv_heads;
	size_t rows = min_size(TILE_ROWS, TILE_SCORES / keys_seen(r, l));

	return rows > group ? rows / group : 1;
}

size_t
block_attention_scratch(const struct run *r)
{
	size_t most = 0;

	for (uint32_t i = 0; i < r->m->n_blocks; i++) {
		const struct layer *l = &r->m->layers[i];
		size_t rows, bytes;

		if (l->n_kv_heads == 0)
			continue;
		rows = tile_tokens(r, l) * (l->n_heads / l->n_kv_heads);
		bytes = rows * (keys_seen(r, l) + 16 + l->dim_v) * sizeof(float);
		most = bytes > most ? bytes : most;
	}
	return most;
}

/* What the tokens of a pass look at. */
struct view {
	const struct kv_layer *cache;
	uint32_t window;		/* 0: all */
	size_t n_all;			/* > 0: so many positions, on both sides; 0: those up to a token's own */
	const float *bias;		/* [n_heads][n_buckets], by relative position; or NULL */
};

struct span {
	size_t first, end;		/* positions */
};

static struct span
seen_from(const struct view *v, size_t pos)
{
	struct span s = {0, v->n_all > 0 ? v->n_all : pos + 1};

	if (v->window > 0 && pos >= v->window)
		s.first = pos - v->window + 1;
	if (v->window > 0 && pos + v->window < s.end)
		s.end = pos + v->window;
	return s;
}

/* Scores S of keys from KEY0 on, of the query head HEAD at POS; those not seen count for nothing. */
static void
mask_and_softmax(const struct run *r, const struct view *v, float *s, struct span keys, uint32_t head, size_t pos)
{
	struct span seen = seen_from(v, pos);
	size_t before = seen.first - keys.first, n = seen.end - seen.first;
	const float *bias = v->bias ? v->bias + head * r->m->hp.n_buckets : NULL;

	if (bias && v->n_all > 0)
		relpos_add_both(r->m->relpos, s + before, bias, pos, seen.first, n);
	else if (bias)
		relpos_add_past(r->m->relpos, s + before, bias, pos, seen.first, n);
	if (r->m->hp.attn_cap > 0)
		r->k->vec.softcap(s + before, s + before, r->m->hp.attn_cap, n);
	memset(s, 0, before * sizeof *s);
	r->k->vec.softmax(s + before, n);
	memset(s + before + n, 0, (keys.end - seen.end) * sizeof *s);
}

struct attn_ctx {
	struct run *r;
	const struct layer *l;
	const struct view *v;
	size_t tile, n_tiles;
};

/* Positions of a head that a tile sees, in the one or two runs they lie in. */
static void
score_runs(const struct run *r, const struct kv_layer *cache, uint32_t head, struct kern_attn a, size_t key0)
{
	for (size_t done = 0, n = a.n_keys; done < n; done += a.n_keys) {
		a.n_keys = kv_run(cache, key0 + done, n - done);
		a.kv = kv_key(cache, head, key0 + done);
		r->kv->kern->score(&a);
		a.s += a.n_keys;
	}
}

static void
mix_runs(const struct run *r, const struct kv_layer *cache, uint32_t head, struct kern_attn a, size_t key0)
{
	for (size_t done = 0, n = a.n_keys; done < n; done += a.n_keys) {
		a.n_keys = kv_run(cache, key0 + done, n - done);
		a.kv = kv_value(cache, head, key0 + done);
		a.add = done > 0;
		r->kv->kern->mix(&a);
		a.s += a.n_keys;
	}
}

static void
attention_tile(const struct attn_ctx *c, uint32_t head, size_t t0, size_t n, float *scratch)
{
	const struct run *r = c->r;
	const struct layer *l = c->l;
	const struct kv_layer *cache = c->v->cache;
	uint32_t group = l->n_heads / l->n_kv_heads;
	struct span keys = {seen_from(c->v, r->pos + t0).first, seen_from(c->v, r->pos + t0 + n - 1).end};
	size_t n_keys = keys.end - keys.first, s_stride = (n_keys + 15) / 16 * 16;
	float *mixed = scratch + n * group * s_stride;
	struct kern_attn a = {
		.q = group_of(r, l, head, t0),
		.q_stride = l->dim_k,
		.n_q = n * group,
		.kv_stride = cache->k_bytes,
		.n_keys = n_keys,
		.dim = l->dim_k,
		.s = scratch,
		.s_stride = s_stride,
		.scale = r->m->hp.attn_scale,
		.y = mixed,
		.y_stride = l->dim_v,
	};

	score_runs(r, cache, head, a, keys.first);
	for (size_t i = 0; i < a.n_q; i++)
		mask_and_softmax(r, c->v, a.s + i * s_stride, keys, head * group + (uint32_t)(i % group),
		    r->pos + t0 + i / group);
	a.kv_stride = cache->v_bytes;
	a.dim = l->dim_v;
	mix_runs(r, cache, head, a, keys.first);
	for (size_t t = 0; t < n; t++)
		memcpy(r->mix + ((t0 + t) * l->n_heads + head * group) * l->dim_v, mixed + t * group * l->dim_v,
		    group * l->dim_v * sizeof *mixed);
}

static void
attention_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn_ctx *c = ctx;
	const struct run *r = c->r;
	uint32_t n_heads = c->l->n_kv_heads;
	/* Late tokens see most keys: the long chunks go first. */
	size_t t0 = (c->n_tiles - 1 - chunk / n_heads) * c->tile;

	attention_tile(c, (uint32_t)(chunk % n_heads), t0, min_size(c->tile, r->n - t0),
	    (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes));
}

static void
attend(struct run *r, const struct layer *l, const struct view *v)
{
	struct attn_ctx c = {.r = r, .l = l, .v = v, .tile = tile_tokens(r, l)};

	c.n_tiles = (r->n + c.tile - 1) / c.tile;
	pool_run(r->pool, c.n_tiles * l->n_kv_heads, attention_chunk, &c);
	times_lap(&r->times, TIME_attn);
}

void
block_attention(struct run *r, const struct layer *l)
{
	/* The first layer of a stack has the bias for all of it. */
	const struct layer *first = &r->m->layers[l->is_encoder ? r->m->hp.n_layers : 0];
	struct view v = {
		.cache = cache_of(r, l),
		.window = l->window,
		.n_all = l->is_encoder ? r->enc->n : 0,
		.bias = first->w[W_attn_rel_b].vec,
	};

	attend(r, l, &v);
}

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

			r->kv->kern->store(kv_key(cache, i, r->pos + t), k, l->dim_k);
			r->kv->kern->store(kv_value(cache, i, r->pos + t), v, l->dim_v);
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
	size_t group = l->n_heads / l->n_kv_heads, n = group * l->dim_k;
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, r->n);

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		for (size_t i = 0; i < l->n_kv_heads; i++)
			memcpy(group_of(r, l, i, t), r->qkv + (t * l->n_kv_heads + i) * n, n * sizeof *r->qkv);
}

void
block_cross(struct run *r, const struct layer *l)
{
	struct layer_ctx c = {.r = r, .l = l};
	struct view v = {.cache = &r->enc->cross.layers[l->index], .n_all = r->enc->n};
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
	attend(r, l, &v);
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
