/* The blocks that layers are made of; see block.h. */
#include "core/block.h"

#include <string.h>

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

void
block_qkv(struct run *r, const struct layer *l)
{
	struct qkv_shape s = qkv_shape(r, l);
	struct mul_job j = {
		.part = {
			part(l, W_attn_q, W_attn_q_bias, r->qkv, s.row),
			part(l, W_attn_k, W_attn_k_bias, r->qkv + s.q, s.row),
			part(l, W_attn_v, W_attn_v_bias, r->qkv + s.q + s.k, s.row),
		},
		.n_parts = l->kv_from != l->index ? 1 : l->w[W_attn_v].stored ? 3 : 2,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, r->m->hp.n_embd, norm_of(l, W_attn_norm, W_attn_norm_bias), &j);
	mul_run(r, &j);
}

/* ---- rope and store ---- */

struct layer_ctx {
	struct run *r;
	const struct layer *l;
};

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
rope_store_token(const struct run *r, const struct layer *l, size_t t)
{
	const struct kern_kv *kern = r->kv->kern;
	const struct kv_layer *cache = &r->kv->layers[l->index];
	struct qkv_shape s = qkv_shape(r, l);
	float *q = r->qkv + t * s.row, *k = q + s.q, *v = k + s.k;
	size_t group = l->n_heads / l->n_kv_heads, at = r->pos + t, q_head = s.q / l->n_heads;

	for (uint32_t i = 0; i < l->n_heads; i++) {
		turn_head(r, l, q + i * q_head, l->w[W_attn_q_norm].vec, t);
		memcpy(group_of(r, l, i / group, t) + i % group * l->dim_k, q + i * q_head, l->dim_k * sizeof *q);
	}
	for (uint32_t i = 0; i < l->n_kv_heads; i++) {
		if (l->kv_from != l->index)
			continue;
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
		rope_store_token(c->r, c->l, t);
}

void
block_rope_store(struct run *r, const struct layer *l)
{
	struct layer_ctx c = {r, l};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, rope_store_chunk, &c);
}

/* ---- attention ---- */

/* Positions that one tile of layer L looks back over at most. */
static size_t
keys_seen(const struct run *r, const struct layer *l)
{
	return r->kv->layers[l->index].n_kept;
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

	for (uint32_t i = 0; i < r->m->hp.n_layers; i++) {
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

/* The first position that one at POS sees. */
static size_t
first_seen(const struct layer *l, size_t pos)
{
	return l->window > 0 && pos >= l->window ? pos - l->window + 1 : 0;
}

/* Scores of a row before its window and beyond its own position count for nothing. */
static void
mask_and_softmax(const struct run *r, float *s, size_t first, size_t end, size_t n_keys)
{
	float cap = r->m->hp.attn_cap;

	if (cap > 0)
		r->k->vec.softcap(s + first, s + first, cap, end - first);
	memset(s, 0, first * sizeof *s);
	r->k->vec.softmax(s + first, end - first);
	memset(s + end, 0, (n_keys - end) * sizeof *s);
}

struct attn_ctx {
	struct run *r;
	const struct layer *l;
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
attention_tile(const struct run *r, const struct layer *l, uint32_t head, size_t t0, size_t n, float *scratch)
{
	const struct kv_layer *cache = &r->kv->layers[l->index];
	size_t group = l->n_heads / l->n_kv_heads;
	size_t key0 = first_seen(l, r->pos + t0);
	size_t n_keys = r->pos + t0 + n - key0, s_stride = (n_keys + 15) / 16 * 16;
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

	score_runs(r, cache, head, a, key0);
	for (size_t i = 0; i < a.n_q; i++) {
		size_t pos = r->pos + t0 + i / group;

		mask_and_softmax(r, a.s + i * s_stride, first_seen(l, pos) - key0, pos + 1 - key0, n_keys);
	}
	a.kv_stride = cache->v_bytes;
	a.dim = l->dim_v;
	mix_runs(r, cache, head, a, key0);
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

	attention_tile(r, c->l, (uint32_t)(chunk % n_heads), t0, min_size(c->tile, r->n - t0),
	    (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes));
}

void
block_attention(struct run *r, const struct layer *l)
{
	struct attn_ctx c = {.r = r, .l = l, .tile = tile_tokens(r, l)};

	c.n_tiles = (r->n + c.tile - 1) / c.tile;
	pool_run(r->pool, c.n_tiles * l->n_kv_heads, attention_chunk, &c);
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
	struct layer_ctx c = {r, l};

	pool_run(r->pool, (r->n + ROPE_TOKENS - 1) / ROPE_TOKENS, gate_chunk, &c);
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

/* ---- feed forward ---- */

void
block_keep(struct run *r)
{
	memcpy(r->kept, r->x, r->n * r->m->hp.n_embd * sizeof *r->x);
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
		.map = r->k->vec.gelu,
		.n = r->n,
	};

	act_prepare(r, parallel ? r->kept : r->x, n_embd, norm, &in);
	mul_run(r, &in);
	block_ffn_out(r, l);
}
