/* Attention of many tokens, where an instruction set has kernels of its own for them (kern_kv, _many).
 * Keys and values of a block become lines once for a group of tiles, which then pass by one after another. */
#include "core/attention_tile.h"

#include <assert.h>

enum {
	BLOCK = 512,			/* positions */
	STRIDE = BLOCK + ATTN_PAD,	/* of scores */
	GROUP_TILES = 8,		/* at most */
	FEWEST = 64,			/* tokens of a pass that is worth it */
};
static_assert(BLOCK % KV_PANEL == 0, "a block is whole panels");
static_assert((int)BLOCK <= (int)KERN_ATTN_KEYS, "a call can hold a block");
static_assert(STRIDE % 16 == 0, "what stands behind scores is aligned");

/* Whether a pass of many tokens has its own kernels in this layer. */
static bool
has_many(const struct run *r, const struct layer *l)
{
	return r->kv->kern->score_many && l->dim_k % 32 == 0 && l->dim_v % 32 == 0 && l->dim_k <= KERN_ATTN_DIM &&
	    l->dim_v <= KERN_ATTN_DIM;
}

bool
attn_is_many(const struct run *r, const struct layer *l)
{
	return r->n >= FEWEST && r->pos >= r->kv->kern->many_pos && has_many(r, l);
}

static size_t
tile_tokens(const struct run *r, const struct layer *l)
{
	return max_size(r->kv->kern->many_rows / attn_group(l), 1);
}

/* Where the scratch of a worker has what it needs for tiles of N_ROWS, in floats: scores, then */
struct layout {
	size_t keys, values;		/* the lines of a block */
	size_t mixes;			/* of each tile, and then those that are to be joined */
	size_t end;
};

static struct layout
layout_of(const struct layer *l, size_t n_rows)
{
	struct layout o = {.keys = n_rows * STRIDE};

	o.values = o.keys + kern_attn_line_bytes(l->dim_k, BLOCK) / sizeof(float);
	o.mixes = o.values + kern_attn_line_bytes(l->dim_v, BLOCK) / sizeof(float);
	o.end = o.mixes + (GROUP_TILES + 1) * mix_floats(l, n_rows);
	return o;
}

size_t
attn_many_floats(const struct run *r, const struct layer *l)
{
	return r->chunk < FEWEST || !has_many(r, l) ? 0 : layout_of(l, tile_tokens(r, l) * attn_group(l)).end;
}

/* A chunk of a pass. */
struct group {
	uint32_t head;
	struct tile tile[GROUP_TILES];
	size_t n;
	struct span seen;
	float *scratch;
	struct layout at;		/* of tiles with the rows of the first */
};

static struct mixes
group_mixes(const struct attn *c, const struct group *g, size_t i)
{
	return mixes_at(c, g->scratch + g->at.mixes + i * mix_floats(c->l, g->tile[0].n_rows), g->tile[0].n_rows);
}

/* Lines of KEYS, which lie together and begin with a panel. */
static void
make_lines(const struct attn *c, const struct group *g, struct span keys)
{
	const struct kern_kv *kern = c->r->kv->kern;
	struct kern_attn a = {
		.kv = kv_panel(c->v->cache, g->head, keys.first),
		.kv_stride = c->v->cache->k_bytes,
		.n_keys = attn_panels(keys.end - keys.first),
		.dim = c->l->dim_k,
		.lines = g->scratch + g->at.keys,
	};

	a.n_lined = a.n_keys;
	if (kern->keys_many)
		kern->keys_many(&a);
	a.kv = kv_value(c->v->cache, g->head, keys.first);
	a.kv_stride = c->v->cache->v_bytes;
	a.n_lined = a.n_keys = keys.end - keys.first;
	a.dim = c->l->dim_v;
	a.lines = g->scratch + g->at.values;
	kern->values_many(&a);
}

/* Scores S of KEYS, of row I of the tile, become what its values are multiplied by: 0 for those it does not see. */
static struct kern_part
soften(const struct attn *c, const struct tile *t, size_t i, float *s, struct span keys)
{
	struct span seen = tile_row_sees(c, t, i, keys);

	tile_bend(c, t, i, s, keys.first, seen);
	return c->r->kv->kern->weights_many(s, seen.first, seen.end, keys.end - keys.first);
}

/* KEYS of a tile, of the LINED ones. */
static void
attend_lines(const struct attn *c, const struct group *g, const struct tile *t, struct span keys, struct span lined,
    struct mixes out)
{
	const struct kern_kv *kern = c->r->kv->kern;
	struct kern_attn a = tile_call(c, t, g->scratch, STRIDE, out.y);

	a.first = (keys.first - lined.first) / 32 * 32;
	keys.first = lined.first + a.first;
	a.seen = tile_sees(c, t, keys.first);
	a.kv = kv_panel(c->v->cache, t->head, keys.first);
	a.n_keys = attn_panels(keys.end - keys.first);
	a.lines = g->scratch + g->at.keys;
	a.n_lined = attn_panels(lined.end - lined.first);
	kern->score_many(&a);
	for (size_t i = 0; i < t->n_rows; i++)
		out.part[i] = soften(c, t, i, a.s + i * STRIDE, keys);
	a.n_keys = keys.end - keys.first;
	a.dim = c->l->dim_v;
	a.lines = g->scratch + g->at.values;
	a.n_lined = lined.end - lined.first;
	a.part = out.part;
	kern->mix_many(&a);
}

/* Those from FIRST on that lie together and in one block. */
static struct span
lines_from(const struct attn *c, const struct group *g, size_t first)
{
	struct span s = {first / KV_PANEL * KV_PANEL, min_size(g->seen.end, (first / BLOCK + 1) * BLOCK)};

	s.end = s.first + kv_run(c->v->cache, s.first, s.end - s.first);
	return s;
}

static void
attend_group(const struct attn *c, const struct group *g)
{
	struct mixes next = group_mixes(c, g, GROUP_TILES);

	for (size_t at = g->seen.first; at < g->seen.end;) {
		struct span lined = lines_from(c, g, at);

		make_lines(c, g, lined);
		for (size_t i = 0; i < g->n; i++) {
			const struct tile *t = &g->tile[i];
			struct span keys = span_within(t->seen, lined);
			bool is_first = keys.first == t->seen.first, is_last = keys.end == t->seen.end;
			struct mixes sum = is_first && is_last ? next : group_mixes(c, g, i);

			if (keys.first >= keys.end)
				continue;
			attend_lines(c, g, t, keys, lined, is_first ? sum : next);
			if (!is_first)
				tile_join(c, t, sum, next);
			if (is_last)
				tile_finish(c, t, sum);
		}
		at = lined.end;
	}
}

static void
group_chunk(void *ctx, size_t chunk, int worker)
{
	const struct attn *c = ctx;
	size_t n_groups = (c->n_tiles + c->group - 1) / c->group;
	/* Late tokens see most keys: the long chunks of a head go first. */
	size_t first = (n_groups - 1 - chunk % n_groups) * c->group;
	struct group g = {
		.head = (uint32_t)(chunk / n_groups),
		.n = min_size(c->group, c->n_tiles - first),
		.scratch = attn_scratch(c->r, worker),
	};

	for (size_t i = 0; i < g.n; i++)
		g.tile[i] = tile_at(c, g.head, (first + i) * c->tile);
	g.seen = (struct span){g.tile[0].seen.first, g.tile[g.n - 1].seen.end};
	g.at = layout_of(c->l, g.tile[0].n_rows);
	attend_group(c, &g);
}

/* Tiles of a chunk: enough chunks are to be there, of like size. */
static size_t
tiles_of_group(size_t n_tiles, size_t n_kv_heads)
{
	size_t most = min_size((n_tiles * n_kv_heads + ATTN_CHUNKS - 1) / ATTN_CHUNKS, GROUP_TILES);
	size_t n_groups = (n_tiles + most - 1) / most;

	return (n_tiles + n_groups - 1) / n_groups;
}

void
attn_many_run(struct attn *c)
{
	c->tile = tile_tokens(c->r, c->l);
	c->n_tiles = (c->r->n + c->tile - 1) / c->tile;
	c->group = tiles_of_group(c->n_tiles, c->l->n_kv_heads);
	pool_run(c->r->pool, (c->n_tiles + c->group - 1) / c->group * c->l->n_kv_heads, group_chunk, c);
}
