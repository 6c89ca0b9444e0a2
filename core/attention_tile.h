/* What attention of a few tokens (attention.c) and of many (attention_many.c) share: rows of queries, the positions they see,
 * and what becomes of their scores and mixes. */
#ifndef CORE_ATTENTION_TILE_H
#define CORE_ATTENTION_TILE_H

#include "core/attention.h"

enum {
	ATTN_CHUNKS = 16,		/* that should be there, so that no thread waits long for another */
	ATTN_PAD = 16,			/* floats behind a row of scores: rows fall on different lines of the cache */
};

struct span {
	size_t first, end;		/* positions */
};

struct attn {
	struct run *r;
	const struct layer *l;
	const struct attn_view *v;
	size_t tile, n_tiles;		/* tokens; tiles of a pass */
	size_t group;			/* tiles of a chunk of many tokens */
	size_t block0, n_blocks;	/* that the pass sees */
};

/* Rows of a tile: the tokens T0 .. T0 + N - 1, the query heads of one key/value head. */
struct tile {
	uint32_t head;
	size_t t0, n, n_rows;
	struct span seen;
};

/* Mixes of values for the rows of a tile, and their parts. */
struct mixes {
	float *y;			/* [n_rows][dim_v] */
	struct kern_part *part;		/* [n_rows] */
};

static inline size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t
max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* What of S lies in T; empty spans have first >= end. */
static inline struct span
span_within(struct span s, struct span t)
{
	return (struct span){max_size(s.first, t.first), min_size(s.end, t.end)};
}

/* Query heads of a key/value head. */
static inline size_t
attn_group(const struct layer *l)
{
	return l->n_heads / l->n_kv_heads;
}

static inline float *
attn_scratch(const struct run *r, int worker)
{
	return (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes);
}

/* Floats for N_ROWS mixes and their parts. */
static inline size_t
mix_floats(const struct layer *l, size_t n_rows)
{
	return n_rows * (l->dim_v + sizeof(struct kern_part) / sizeof(float));
}

static inline struct mixes
mixes_at(const struct attn *c, float *at, size_t n_rows)
{
	return (struct mixes){at, (struct kern_part *)(void *)(at + n_rows * c->l->dim_v)};
}

/* Where the queries of the group of KV_HEAD begin, of token T, dim_k floats apart. */
static inline float *
attn_queries(const struct run *r, const struct layer *l, size_t kv_head, size_t t)
{
	return r->q + (kv_head * r->n + t) * attn_group(l) * l->dim_k;
}

/* What the token at POS sees. */
struct span attn_sees(const struct attn_view *v, size_t pos);

/* N keys and what makes whole panels of them. */
static inline size_t
attn_panels(size_t n)
{
	return (n + KV_PANEL - 1) / KV_PANEL * KV_PANEL;
}

/* The tile that begins with token T0. */
struct tile tile_at(const struct attn *c, uint32_t head, size_t t0);
/* A call for its rows, with scores at S, S_STRIDE apart, and mixes at Y: all but which keys. */
struct kern_attn tile_call(const struct attn *c, const struct tile *t, float *s, size_t s_stride, float *y);
/* What its rows see of the keys from KEY on; attn_sees() for each of them. */
struct kern_seen tile_sees(const struct attn *c, const struct tile *t, size_t key);
/* Which of KEYS row I sees, counted from the first of them on; none: 0 .. 0. */
struct span tile_row_sees(const struct attn *c, const struct tile *t, size_t i, struct span keys);
/* The bias and the cap of scores S of row I, of keys from KEY on, where it has SEEN them. */
void tile_bend(const struct attn *c, const struct tile *t, size_t i, float *s, size_t key, struct span seen);
/* SUM becomes the mixes of both. */
void tile_join(const struct attn *c, const struct tile *t, struct mixes sum, struct mixes next);
/* Mixes go to r->mix, divided by the sums of what values were multiplied by. */
void tile_finish(const struct attn *c, const struct tile *t, struct mixes m);

/* attention_many.c: whether the pass is one of many tokens, whose queries are as kern_kv.query_many makes them; floats of
 * scratch for a layer; the pass. */
bool attn_is_many(const struct run *r, const struct layer *l);
size_t attn_many_floats(const struct run *r, const struct layer *l);
void attn_many_run(struct attn *c);

#endif
