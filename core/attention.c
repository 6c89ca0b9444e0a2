/* Attention in blocks of positions; see attention.h. */
#include "core/attention_tile.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "core/block.h"
#include "core/encoder.h"

enum {
	BLOCK = 256,			/* positions: their scores for a tile stay in the second cache */
	STRIDE = BLOCK + ATTN_PAD,	/* of scores */
	TILE_ROWS = 96,			/* query rows that pass a block together: its keys are converted once for them */
	FEW_ROWS = 48,			/* tiles are not made smaller than that to get more chunks */
	PART_TOKENS = 8,		/* tokens whose blocks can be chunks of their own */
	PART_FLOATS = 2 << 20,		/* of their mixes, at most */
};
static_assert(BLOCK % KV_PANEL == 0, "a block is whole panels");

void
attention_query(const struct run *r, const struct layer *l, size_t head, size_t t, const float *x)
{
	size_t group = attn_group(l);
	float *to = attn_queries(r, l, head / group, t) + head % group * l->dim_k;
	const struct kern_kv *kern = r->kv->kern;

	if (attn_is_many(r, l) && kern->query_many)
		kern->query_many(to, x, l->dim_k, r->m->hp.attn_scale);
	else
		kern->query(to, x, l->dim_k);
}

/* ---- sizes ---- */

size_t
attention_worker_bytes(const struct run *r)
{
	size_t most = 0;

	for (uint32_t i = 0; i < r->m->n_blocks; i++) {
		const struct layer *l = &r->m->layers[i];
		size_t rows;

		if (l->n_kv_heads == 0)
			continue;
		rows = max_size(TILE_ROWS, attn_group(l));
		most = max_size(most, max_size(rows * STRIDE + 2 * mix_floats(l, rows), attn_many_floats(r, l)));
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

/* ---- one block ---- */

/* Scores S of KEYS, of row I of the tile, become what its values are multiplied by: 0 for those it does not see. */
static struct kern_part
soften(const struct attn *c, const struct tile *t, size_t i, float *s, struct span keys)
{
	struct span seen = tile_row_sees(c, t, i, keys);
	struct kern_part part = {0};

	tile_bend(c, t, i, s, keys.first, seen);
	memset(s, 0, seen.first * sizeof *s);
	if (seen.end > 0)
		part = c->r->k->vec.exp_part(s + seen.first, seen.end - seen.first);
	memset(s + seen.end, 0, (keys.end - keys.first - seen.end) * sizeof *s);
	return part;
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
		a.seen = tile_sees(c, t, at);
		c->r->kv->kern->score(&a);
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
		a.seen = tile_sees(c, t, at);
		c->r->kv->kern->mix(&a);
	}
}

static struct span
keys_in_block(const struct tile *t, size_t b)
{
	return span_within(t->seen, (struct span){b * BLOCK, (b + 1) * BLOCK});
}

/* The block B of a tile. */
static void
attend_block(const struct attn *c, const struct tile *t, size_t b, float *s, struct mixes out, struct run_next next)
{
	struct span keys = keys_in_block(t, b), panels = {keys.first / KV_PANEL * KV_PANEL, attn_panels(keys.end)};
	struct kern_attn a = tile_call(c, t, s, STRIDE, out.y);

	score_keys(c, t, a, panels, values_ahead(c, t->head, keys));
	a.s += keys.first - panels.first;
	for (size_t i = 0; i < t->n_rows; i++)
		out.part[i] = soften(c, t, i, a.s + i * STRIDE, keys);
	a.kv_stride = c->v->cache->v_bytes;
	a.dim = c->l->dim_v;
	mix_values(c, t, a, keys, next);
}

/* ---- a chunk is a tile ---- */

static void
attend_tile(const struct attn *c, const struct tile *t, float *scratch, struct run_next after)
{
	size_t first = t->seen.first / BLOCK, last = (t->seen.end - 1) / BLOCK;
	struct mixes sum = mixes_at(c, scratch + t->n_rows * STRIDE, t->n_rows);
	struct mixes next = mixes_at(c, sum.y + mix_floats(c->l, t->n_rows), t->n_rows);

	for (size_t b = first; b <= last; b++) {
		attend_block(c, t, b, scratch, b > first ? next : sum,
		    b < last ? keys_ahead(c, t->head, keys_in_block(t, b + 1)) : after);
		if (b > first)
			tile_join(c, t, sum, next);
	}
	tile_finish(c, t, sum);
}

/* Keys that WORKER reads after CHUNK, of N chunks a head, where a pass is one tile. */
static struct run_next
after_chunk(const struct attn *c, const struct tile *t, size_t chunk, size_t n, int worker)
{
	size_t next = chunk + 1;

	if (c->n_tiles > 1 || next >= pool_share_end(c->r->pool, n * c->l->n_kv_heads, worker))
		return (struct run_next){0};
	return keys_ahead(c, (uint32_t)(next / n), keys_in_block(t, c->block0 + next % n));
}

static void
tile_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn *c = ctx;
	/* The tiles of a head follow each other, as its keys and values then stay in the second cache.  Late tokens see
	 * most keys: the long chunks of a head go first. */
	struct tile t = tile_at(c, (uint32_t)(chunk / c->n_tiles), (c->n_tiles - 1 - chunk % c->n_tiles) * c->tile);

	attend_tile(c, &t, attn_scratch(c->r, worker), after_chunk(c, &t, chunk, c->n_tiles, worker));
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

	for (size_t b = c->block0 + 1; b < c->block0 + c->n_blocks; b++)
		tile_join(c, t, sum, part_of(c, t, b));
	tile_finish(c, t, sum);
}

static void
block_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn *c = ctx;
	struct tile t = tile_at(c, (uint32_t)(chunk / c->n_blocks), 0);
	size_t b = c->block0 + chunk % c->n_blocks;

	attend_block(c, &t, b, attn_scratch(c->r, worker), part_of(c, &t, b), after_chunk(c, &t, chunk, c->n_blocks, worker));
	/* Whoever is last with a head joins its blocks. */
	if (atomic_fetch_sub(&c->r->part_left[t.head], 1) == 1)
		join_blocks(c, &t);
}

/* ---- the pass ---- */

/* Tokens of a tile. */
static size_t
tile_tokens(const struct run *r, const struct layer *l)
{
	size_t group = attn_group(l), most = max_size(TILE_ROWS / group, 1);

	return min_size(most, max_size(max_size(FEW_ROWS / group, 1), r->n * l->n_kv_heads / ATTN_CHUNKS));
}

static void
run_few(struct attn *c)
{
	struct run *r = c->r;
	const struct layer *l = c->l;
	size_t n_chunks;

	c->tile = tile_tokens(r, l);
	c->n_tiles = (r->n + c->tile - 1) / c->tile;
	c->block0 = attn_sees(c->v, r->pos).first / BLOCK;
	c->n_blocks = (attn_sees(c->v, r->pos + r->n - 1).end - 1) / BLOCK + 1 - c->block0;
	n_chunks = c->n_tiles * l->n_kv_heads;
	if (c->n_tiles == 1 && n_chunks < ATTN_CHUNKS && c->n_blocks > 1 &&
	    l->n_kv_heads * c->n_blocks * mix_floats(l, r->n * attn_group(l)) <= r->part_floats) {
		for (uint32_t i = 0; i < l->n_kv_heads; i++)
			atomic_store(&r->part_left[i], (uint32_t)c->n_blocks);
		pool_run(r->pool, c->n_blocks * l->n_kv_heads, block_chunk, c);
	} else {
		pool_run(r->pool, n_chunks, tile_chunk, c);
	}
}

void
attention_run(struct run *r, const struct layer *l, const struct attn_view *v)
{
	struct attn c = {.r = r, .l = l, .v = v};

	if (attn_is_many(r, l))
		attn_many_run(&c);
	else
		run_few(&c);
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
