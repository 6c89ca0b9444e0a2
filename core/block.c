/* The blocks that layers are made of; see block.h. */
#include "core/block.h"

#include <math.h>
#include <string.h>

enum {
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

/* ---- q, k, v ---- */

struct qkv_shape {
	size_t q, k, v, row;		/* numbers of a token */
};

static struct qkv_shape
qkv_shape(const struct hparam *h)
{
	struct qkv_shape s = {
		.q = hparam_dim(h, DIM_q),
		.k = hparam_dim(h, DIM_k),
		.v = hparam_dim(h, DIM_v),
	};

	s.row = s.q + s.k + s.v;
	return s;
}

void
block_qkv(struct run *r, const struct layer *l)
{
	struct qkv_shape s = qkv_shape(&r->m->hp);
	struct mul_job j = {
		.part = {
			part(l, W_attn_q, W_attn_q_bias, r->qkv, s.row),
			part(l, W_attn_k, W_attn_k_bias, r->qkv + s.q, s.row),
			part(l, W_attn_v, W_attn_v_bias, r->qkv + s.q + s.k, s.row),
		},
		.n_parts = 3,
		.into = MUL_SET,
		.n = r->n,
	};
	size_t n_embd = r->m->hp.n_embd;

	act_prepare(r, r->x, n_embd, n_embd, l->w[W_attn_norm].vec, &j);
	mul_run(r, &j);
}

/* ---- rope and store ---- */

struct layer_ctx {
	struct run *r;
	const struct layer *l;
};

/* Norm (in place) and turn one head of token T. */
static void
turn_head(const struct run *r, float *head, const float *norm, size_t t)
{
	const struct hparam *h = &r->m->hp;
	size_t n_pairs = h->rope.n_rot / 2;

	if (norm)
		r->k->vec.rms_norm(head, head, norm, h->dim_k, h->norm_eps);
	if (r->m->arch->rope == ROPE_NEOX)
		r->k->vec.rope_neox(head, r->cos + t * n_pairs, r->sin + t * n_pairs, n_pairs);
	else
		r->k->vec.rope_norm(head, r->cos + t * n_pairs, r->sin + t * n_pairs, n_pairs);
}

/* Query rows of one key/value head stand together, so that attention reads its keys once for the whole group. */
static float *
group_of(const struct run *r, size_t kv_head, size_t t)
{
	const struct hparam *h = &r->m->hp;

	return r->q + (kv_head * r->n + t) * (h->n_heads / h->n_kv_heads) * h->dim_k;
}

static void
rope_store_token(const struct run *r, const struct layer *l, size_t t)
{
	const struct hparam *h = &r->m->hp;
	const struct kern_kv *kern = r->kv->kern;
	struct qkv_shape s = qkv_shape(h);
	float *q = r->qkv + t * s.row, *k = q + s.q, *v = k + s.k;
	size_t group = h->n_heads / h->n_kv_heads, at = r->pos + t;

	for (uint32_t i = 0; i < h->n_heads; i++)
		turn_head(r, q + i * h->dim_k, l->w[W_attn_q_norm].vec, t);
	for (uint32_t i = 0; i < h->n_kv_heads; i++) {
		memcpy(group_of(r, i, t), q + i * group * h->dim_k, group * h->dim_k * sizeof *q);
		turn_head(r, k + i * h->dim_k, l->w[W_attn_k_norm].vec, t);
		kern->store(kv_keys(r->kv, l->index, i) + at * r->kv->k_bytes, k + i * h->dim_k, h->dim_k);
		kern->store(kv_values(r->kv, l->index, i) + at * r->kv->v_bytes, v + i * h->dim_v, h->dim_v);
	}
}

static void
rope_store_chunk(void *ctx, size_t chunk, int worker)
{
	const struct layer_ctx *c = ctx;
	size_t last = min_size((chunk + 1) * ROPE_TOKENS, c->r->n);

	(void)worker;
	for (size_t t = chunk * ROPE_TOKENS; t < last; t++)
		rope_store_token(c->r, c->l, t);
}

void
block_rope_store(struct run *r, const struct layer *l)
{
	struct layer_ctx c = {r, l};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, rope_store_chunk, &c);
}

/* ---- attention ---- */

/* Tokens whose query rows make one chunk: few enough that their scores fit. */
static size_t
tile_tokens(const struct hparam *h, uint32_t n_ctx)
{
	size_t group = h->n_heads / h->n_kv_heads;
	size_t rows = min_size(TILE_ROWS, TILE_SCORES / n_ctx);

	return rows > group ? rows / group : 1;
}

size_t
block_attention_scratch(const struct hparam *h, uint32_t n_ctx)
{
	size_t rows = tile_tokens(h, n_ctx) * (h->n_heads / h->n_kv_heads);

	return rows * ((size_t)n_ctx + 16 + h->dim_v) * sizeof(float);
}

/* Scores of a row beyond its own position count for nothing. */
static void
mask_and_softmax(const struct run *r, float *s, size_t n_seen, size_t n_keys)
{
	r->k->vec.softmax(s, n_seen);
	memset(s + n_seen, 0, (n_keys - n_seen) * sizeof *s);
}

struct attn_ctx {
	struct run *r;
	const struct layer *l;
	size_t tile, n_tiles;
};

static void
attention_tile(const struct run *r, uint32_t layer, uint32_t head, size_t t0, size_t n, float *scratch)
{
	const struct hparam *h = &r->m->hp;
	size_t group = h->n_heads / h->n_kv_heads;
	size_t n_keys = r->pos + t0 + n, s_stride = (n_keys + 15) / 16 * 16;
	float *mixed = scratch + n * group * s_stride;
	struct kern_attn a = {
		.q = group_of(r, head, t0),
		.q_stride = h->dim_k,
		.n_q = n * group,
		.kv = kv_keys(r->kv, layer, head),
		.kv_stride = r->kv->k_bytes,
		.n_keys = n_keys,
		.dim = h->dim_k,
		.s = scratch,
		.s_stride = s_stride,
		.scale = 1 / sqrtf((float)h->dim_k),
		.y = mixed,
		.y_stride = h->dim_v,
	};

	r->kv->kern->score(&a);
	for (size_t i = 0; i < a.n_q; i++)
		mask_and_softmax(r, a.s + i * s_stride, r->pos + t0 + i / group + 1, n_keys);
	a.kv = kv_values(r->kv, layer, head);
	a.kv_stride = r->kv->v_bytes;
	a.dim = h->dim_v;
	r->kv->kern->mix(&a);
	for (size_t t = 0; t < n; t++)
		memcpy(r->mix + ((t0 + t) * h->n_heads + head * group) * h->dim_v, mixed + t * group * h->dim_v,
		    group * h->dim_v * sizeof *mixed);
}

static void
attention_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn_ctx *c = ctx;
	const struct run *r = c->r;
	uint32_t n_heads = r->m->hp.n_kv_heads;
	/* Late tokens see most keys: the long chunks go first. */
	size_t t0 = (c->n_tiles - 1 - chunk / n_heads) * c->tile;

	attention_tile(r, c->l->index, (uint32_t)(chunk % n_heads), t0, min_size(c->tile, r->n - t0),
	    (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes));
}

void
block_attention(struct run *r, const struct layer *l)
{
	struct attn_ctx c = {.r = r, .l = l, .tile = tile_tokens(&r->m->hp, r->kv->n_ctx)};

	c.n_tiles = (r->n + c.tile - 1) / c.tile;
	pool_run(r->pool, c.n_tiles * r->m->hp.n_kv_heads, attention_chunk, &c);
}

void
block_attn_out(struct run *r, const struct layer *l)
{
	size_t n_mix = hparam_dim(&r->m->hp, DIM_mix);
	struct mul_job j = {
		.part = {part(l, W_attn_out, W_attn_out_bias, r->x, r->m->hp.n_embd)},
		.n_parts = 1,
		.into = MUL_ADD,
		.n = r->n,
	};

	act_prepare(r, r->mix, n_mix, n_mix, NULL, &j);
	mul_run(r, &j);
}

/* ---- feed forward ---- */

void
block_ffn_silu(struct run *r, const struct layer *l)
{
	size_t n_embd = r->m->hp.n_embd, n_ff = r->m->hp.n_ff;
	struct mul_job in = {
		.part = {
			part(l, W_ffn_gate, W_ffn_gate_bias, r->ff, n_ff),
			part(l, W_ffn_up, W_ffn_up_bias, NULL, 0),
		},
		.n_parts = 2,
		.into = MUL_SILU,
		.n = r->n,
	};
	struct mul_job out = {
		.part = {part(l, W_ffn_down, W_ffn_down_bias, r->x, n_embd)},
		.n_parts = 1,
		.into = MUL_ADD,
		.n = r->n,
	};

	act_prepare(r, r->x, n_embd, n_embd, l->w[W_ffn_norm].vec, &in);
	mul_run(r, &in);
	act_prepare(r, r->ff, n_ff, n_ff, NULL, &out);
	mul_run(r, &out);
}
