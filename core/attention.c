/* Attention in blocks of positions; see attention.h. */
#include "core/attention.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "core/block.h"
#include "core/encoder.h"
#include "core/relpos.h"

enum {
	BLOCK = 256,			/* positions: their scores for a tile stay in the second cache */
	MANY_BLOCK = 512,		/* of many tokens, whose work for a block is more than its products */
	SCORE_PAD = 16,			/* floats; so that rows of scores fall on different lines of the cache */
	TILE_ROWS = 96,			/* query rows that pass a block together: its keys are converted once for them */
	FEW_ROWS = 48,			/* tiles are not made smaller than that to get more chunks */
	CHUNKS = 16,			/* that should be there, so that no thread waits long for another */
	MANY_TOKENS = 64,		/* passes of so many tokens, from many_pos on, are made of the kernels for many rows */
	PART_TOKENS = 8,		/* tokens whose blocks can be chunks of their own */
	PART_FLOATS = 2 << 20,		/* of their mixes, at most */
};
static_assert(BLOCK % KV_PANEL == 0 && MANY_BLOCK % KV_PANEL == 0, "a block is whole panels");
static_assert((int)MANY_BLOCK <= (int)KERN_ATTN_KEYS, "a call can hold a block");

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t
group_size(const struct layer *l)
{
	return l->n_heads / l->n_kv_heads;
}

float *
attention_queries(const struct run *r, const struct layer *l, size_t kv_head, size_t t)
{
	return r->q + (kv_head * r->n + t) * group_size(l) * l->dim_k;
}

/* ---- sizes ---- */

/* Whether a pass of many tokens has its own kernels in this layer. */
static bool
has_many(const struct run *r, const struct layer *l)
{
	return r->kv->kern->score_many && l->dim_k % 32 == 0 && l->dim_v % 32 == 0 && l->dim_k <= KERN_ATTN_DIM &&
	    l->dim_v <= KERN_ATTN_DIM;
}

static size_t
block_len(bool many)
{
	return many ? MANY_BLOCK : BLOCK;
}

static size_t
score_stride(bool many)
{
	return block_len(many) + SCORE_PAD;
}

/* Floats for the scores of N_ROWS in a block, and what kernels need behind them. */
static size_t
score_floats(const struct layer *l, bool many, size_t n_rows)
{
	size_t work = many ? kern_attn_bytes(n_rows, max_size(l->dim_k, l->dim_v), MANY_BLOCK) / sizeof(float) : 0;

	return n_rows * score_stride(many) + work;
}

/* Floats for N_ROWS mixes and their parts. */
static size_t
mix_floats(const struct layer *l, size_t n_rows)
{
	return n_rows * (l->dim_v + sizeof(struct kern_part) / sizeof(float));
}

size_t
attention_worker_bytes(const struct run *r)
{
	size_t most = 0;

	for (uint32_t i = 0; i < r->m->n_blocks; i++) {
		const struct layer *l = &r->m->layers[i];
		size_t rows;

		if (l->n_kv_heads == 0)
			continue;
		rows = max_size(TILE_ROWS, group_size(l));
		most = max_size(most, score_floats(l, has_many(r, l), rows) + 2 * mix_floats(l, rows));
	}
	return most * sizeof(float);
}

size_t
attention_part_floats(const struct run *r)
{
	size_t most = 0, n_blocks = r->kv->n_ctx / BLOCK + 1;

	for (uint32_t i = 0; i < r->m->n_blocks; i++) {
		const struct layer *l = &r->m->layers[i];
		size_t n = l->n_kv_heads ? mix_floats(l, l->n_heads) * n_blocks : 0;

		most = max_size(most, n * min_size(PART_TOKENS, r->chunk));
	}
	return min_size(most, PART_FLOATS);
}

/* ---- what a token sees ---- */

struct span {
	size_t first, end;		/* positions */
};

static struct span
seen_from(const struct attn_view *v, size_t pos)
{
	struct span s = {0, v->n_all > 0 ? v->n_all : pos + 1};

	if (v->window > 0 && pos >= v->window)
		s.first = pos - v->window + 1;
	if (v->window > 0 && pos + v->window < s.end)
		s.end = pos + v->window;
	return s;
}

/* What of S lies in T; empty spans have first >= end. */
static struct span
within(struct span s, struct span t)
{
	return (struct span){max_size(s.first, t.first), min_size(s.end, t.end)};
}

/* ---- one block ---- */

struct attn {
	struct run *r;
	const struct layer *l;
	const struct attn_view *v;
	bool many;
	size_t tile, n_tiles;		/* tokens; tiles of a pass */
	size_t block;			/* positions */
	size_t block0, n_blocks;	/* that the pass sees */
};

/* Rows of a tile: the tokens T0 .. T0 + N - 1, the query heads of one key/value head. */
struct tile {
	uint32_t head;
	size_t t0, n, n_rows;
	struct span seen;
};

static struct tile
tile_of(const struct attn *c, uint32_t head, size_t t0)
{
	struct tile t = {.head = head, .t0 = t0, .n = min_size(c->tile, c->r->n - t0)};

	t.n_rows = t.n * group_size(c->l);
	t.seen.first = seen_from(c->v, c->r->pos + t0).first;
	t.seen.end = seen_from(c->v, c->r->pos + t0 + t.n - 1).end;
	return t;
}

/* Mixes of values for the rows of a tile, and their parts. */
struct mixes {
	float *y;			/* [n_rows][dim_v] */
	struct kern_part *part;		/* [n_rows] */
};

static struct mixes
mixes_at(const struct attn *c, float *at, size_t n_rows)
{
	return (struct mixes){at, (struct kern_part *)(void *)(at + n_rows * c->l->dim_v)};
}

/* Scores S of KEYS, of row I of the tile, become what its values are multiplied by: 0 for those it does not see. */
static struct kern_part
soften(const struct attn *c, const struct tile *t, size_t i, float *s, struct span keys)
{
	const struct run *r = c->r;
	size_t group = group_size(c->l), pos = r->pos + t->t0 + i / group, before, n;
	struct span seen = within(seen_from(c->v, pos), keys);
	const float *bias = c->v->bias ? c->v->bias + (t->head * group + i % group) * r->m->hp.n_buckets : NULL;
	struct kern_part part;

	if (seen.first >= seen.end) {
		memset(s, 0, (keys.end - keys.first) * sizeof *s);
		return (struct kern_part){0};
	}
	before = seen.first - keys.first;
	n = seen.end - seen.first;
	if (bias && c->v->n_all > 0)
		relpos_add_both(r->m->relpos, s + before, bias, pos, seen.first, n);
	else if (bias)
		relpos_add_past(r->m->relpos, s + before, bias, pos, seen.first, n);
	if (r->m->hp.attn_cap > 0)
		r->k->vec.softcap(s + before, s + before, r->m->hp.attn_cap, n);
	memset(s, 0, before * sizeof *s);
	part = r->k->vec.exp_part(s + before, n);
	memset(s + before + n, 0, (keys.end - seen.end) * sizeof *s);
	return part;
}

/* What the rows of the tile see of the keys from KEY on; seen_from() for each of them. */
static struct kern_seen
seen_by_rows(const struct attn *c, const struct tile *t, size_t key)
{
	ptrdiff_t pos = (ptrdiff_t)(c->r->pos + t->t0) - (ptrdiff_t)key, window = (ptrdiff_t)c->v->window;
	struct kern_seen s = {-(ptrdiff_t)t->n, pos + 1, group_size(c->l)};

	if (window > 0)
		s.first = pos + 1 - window;
	if (c->v->n_all > 0)
		s.end = window > 0 ? pos + window : (ptrdiff_t)c->v->n_all;
	return s;
}

/* What is read next: a run of keys, or of values. */
static struct run_next
keys_ahead(const struct attn *c, uint32_t head, struct span keys)
{
	return (struct run_next){
		.w = kv_panel(c->v->cache, head, keys.first),
		.bytes = kv_run(c->v->cache, keys.first, keys.end - keys.first) * c->v->cache->k_bytes,
	};
}

static struct run_next
values_ahead(const struct attn *c, uint32_t head, struct span keys)
{
	return (struct run_next){
		.w = kv_value(c->v->cache, head, keys.first),
		.bytes = kv_run(c->v->cache, keys.first, keys.end - keys.first) * c->v->cache->v_bytes,
	};
}

/* The last run of a call asks for what is NEXT. */
static void
ask(struct kern_attn *a, struct run_next next, bool is_last)
{
	a->next = is_last ? next.w : NULL;
	a->next_bytes = is_last ? next.bytes : 0;
}

/* Scores of KEYS, whole panels, in the one or two runs they lie in. */
static void
score_keys(const struct attn *c, const struct tile *t, struct kern_attn a, struct span keys, struct run_next next)
{
	for (size_t at = keys.first; at < keys.end; at += a.n_keys, a.s += a.n_keys) {
		a.n_keys = kv_run(c->v->cache, at, keys.end - at);
		ask(&a, next, at + a.n_keys == keys.end);
		a.kv = kv_panel(c->v->cache, t->head, at);
		a.seen = seen_by_rows(c, t, at);
		(c->many ? c->r->kv->kern->score_many : c->r->kv->kern->score)(&a);
	}
}

static void
mix_values(const struct attn *c, const struct tile *t, struct kern_attn a, struct span keys, struct run_next next)
{
	for (size_t at = keys.first; at < keys.end; at += a.n_keys, a.s += a.n_keys) {
		a.n_keys = kv_run(c->v->cache, at, keys.end - at);
		ask(&a, next, at + a.n_keys == keys.end);
		a.kv = kv_value(c->v->cache, t->head, at);
		a.add = at > keys.first;
		a.seen = seen_by_rows(c, t, at);
		(c->many ? c->r->kv->kern->mix_many : c->r->kv->kern->mix)(&a);
	}
}

static struct span
keys_in_block(const struct attn *c, const struct tile *t, size_t b)
{
	return within(t->seen, (struct span){b * c->block, (b + 1) * c->block});
}

/* The block B of a tile.  S: score_floats(). */
static void
attend_block(const struct attn *c, const struct tile *t, size_t b, float *s, struct mixes out, struct run_next next)
{
	const struct layer *l = c->l;
	struct span keys = keys_in_block(c, t, b), panels;
	size_t stride = score_stride(c->many);
	struct kern_attn a = {
		.q = attention_queries(c->r, l, t->head, t->t0),
		.q_stride = l->dim_k * sizeof(float),
		.n_q = t->n_rows,
		.kv_stride = c->v->cache->k_bytes,
		.dim = l->dim_k,
		.s = s,
		.s_stride = stride,
		.scale = c->r->m->hp.attn_scale,
		.y = out.y,
		.y_stride = l->dim_v,
		.work = s + t->n_rows * stride,
	};

	panels.first = keys.first / KV_PANEL * KV_PANEL;
	panels.end = (keys.end + KV_PANEL - 1) / KV_PANEL * KV_PANEL;
	score_keys(c, t, a, panels, values_ahead(c, t->head, keys));
	a.s += keys.first - panels.first;
	for (size_t i = 0; i < t->n_rows; i++)
		out.part[i] = soften(c, t, i, a.s + i * stride, keys);
	a.kv_stride = c->v->cache->v_bytes;
	a.dim = l->dim_v;
	mix_values(c, t, a, keys, next);
}

/* The mix of row I goes where it belongs, divided by the sum of what its values were multiplied by. */
static void
finish(const struct attn *c, const struct tile *t, size_t i, const float *y, struct kern_part part)
{
	size_t group = group_size(c->l), dim = c->l->dim_v;
	float *to = c->r->mix + ((t->t0 + i / group) * c->l->n_heads + t->head * group + i % group) * dim;

	c->r->k->vec.scale(to, y, 1.0f / part.sum, dim);
}

/* ---- a chunk is a tile ---- */

static float *
scratch_of(const struct run *r, int worker)
{
	return (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes);
}

static void
attend_tile(const struct attn *c, const struct tile *t, float *scratch, struct run_next after)
{
	size_t first = t->seen.first / c->block, last = (t->seen.end - 1) / c->block, dim = c->l->dim_v;
	struct mixes sum = mixes_at(c, scratch + score_floats(c->l, c->many, t->n_rows), t->n_rows);
	struct mixes next = mixes_at(c, sum.y + mix_floats(c->l, t->n_rows), t->n_rows);

	for (size_t b = first; b <= last; b++) {
		attend_block(c, t, b, scratch, b > first ? next : sum,
		    b < last ? keys_ahead(c, t->head, keys_in_block(c, t, b + 1)) : after);
		for (size_t i = 0; b > first && i < t->n_rows; i++)
			c->r->k->vec.join_part(sum.y + i * dim, &sum.part[i], next.y + i * dim, next.part[i], dim);
	}
	for (size_t i = 0; i < t->n_rows; i++)
		finish(c, t, i, sum.y + i * dim, sum.part[i]);
}

/* Keys that WORKER reads after CHUNK, of N chunks a head, where a pass is one tile. */
static struct run_next
after_chunk(const struct attn *c, const struct tile *t, size_t chunk, size_t n, int worker)
{
	size_t next = chunk + 1;

	if (c->n_tiles > 1 || next >= pool_share_end(c->r->pool, n * c->l->n_kv_heads, worker))
		return (struct run_next){0};
	return keys_ahead(c, (uint32_t)(next / n), keys_in_block(c, t, c->block0 + next % n));
}

static void
tile_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn *c = ctx;
	/* The tiles of a head follow each other, as its keys and values then stay in the second cache.  Late tokens see
	 * most keys: the long chunks of a head go first. */
	struct tile t = tile_of(c, (uint32_t)(chunk / c->n_tiles), (c->n_tiles - 1 - chunk % c->n_tiles) * c->tile);

	attend_tile(c, &t, scratch_of(c->r, worker), after_chunk(c, &t, chunk, c->n_tiles, worker));
}

/* ---- a chunk is a block of the one tile that a head has ---- */

static struct mixes
part_of(const struct attn *c, const struct tile *t, size_t b)
{
	size_t at = (t->head * c->n_blocks + b - c->block0) * mix_floats(c->l, t->n_rows);

	return mixes_at(c, c->r->part + at, t->n_rows);
}

static void
join_blocks(const struct attn *c, const struct tile *t)
{
	struct mixes sum = part_of(c, t, c->block0);
	size_t dim = c->l->dim_v;

	for (size_t b = c->block0 + 1; b < c->block0 + c->n_blocks; b++) {
		struct mixes next = part_of(c, t, b);

		for (size_t i = 0; i < t->n_rows; i++)
			c->r->k->vec.join_part(sum.y + i * dim, &sum.part[i], next.y + i * dim, next.part[i], dim);
	}
	for (size_t i = 0; i < t->n_rows; i++)
		finish(c, t, i, sum.y + i * dim, sum.part[i]);
}

static void
block_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn *c = ctx;
	struct tile t = tile_of(c, (uint32_t)(chunk / c->n_blocks), 0);
	size_t b = c->block0 + chunk % c->n_blocks;

	attend_block(c, &t, b, scratch_of(c->r, worker), part_of(c, &t, b), after_chunk(c, &t, chunk, c->n_blocks, worker));
	/* Whoever is last with a head joins its blocks. */
	if (atomic_fetch_sub(&c->r->part_left[t.head], 1) == 1)
		join_blocks(c, &t);
}

/* ---- the pass ---- */

/* Tokens of a tile. */
static size_t
tile_tokens(const struct run *r, const struct layer *l)
{
	size_t group = group_size(l), most = max_size(TILE_ROWS / group, 1);

	return min_size(most, max_size(max_size(FEW_ROWS / group, 1), r->n * l->n_kv_heads / CHUNKS));
}

void
attention_run(struct run *r, const struct layer *l, const struct attn_view *v)
{
	struct attn c = {.r = r, .l = l, .v = v, .tile = tile_tokens(r, l)};
	struct span seen = {seen_from(v, r->pos).first, seen_from(v, r->pos + r->n - 1).end};
	size_t n_chunks;

	c.many = r->n >= MANY_TOKENS && r->pos >= r->kv->kern->many_pos && has_many(r, l);
	c.block = block_len(c.many);
	c.n_tiles = (r->n + c.tile - 1) / c.tile;
	c.block0 = seen.first / c.block;
	c.n_blocks = (seen.end - 1) / c.block + 1 - c.block0;
	n_chunks = c.n_tiles * l->n_kv_heads;
	if (c.n_tiles == 1 && n_chunks < CHUNKS && c.n_blocks > 1 &&
	    l->n_kv_heads * c.n_blocks * mix_floats(l, r->n * group_size(l)) <= r->part_floats) {
		for (uint32_t i = 0; i < l->n_kv_heads; i++)
			atomic_store(&r->part_left[i], (uint32_t)c.n_blocks);
		pool_run(r->pool, c.n_blocks * l->n_kv_heads, block_chunk, &c);
	} else {
		pool_run(r->pool, n_chunks, tile_chunk, &c);
	}
	times_lap(&r->times, TIME_attn);
}

void
block_attention(struct run *r, const struct layer *l)
{
	/* The first layer of a stack has the bias for all of it. */
	const struct layer *first = &r->m->layers[l->is_encoder ? r->m->hp.n_layers : 0];
	struct attn_view v = {
		.cache = l->is_encoder ? &r->enc->kv.layers[l->index] : &r->kv->layers[l->index],
		.window = l->window,
		.n_all = l->is_encoder ? r->enc->n : 0,
		.bias = first->w[W_attn_rel_b].vec,
	};

	attention_run(r, l, &v);
}
