/* Matrix products over the pool.
 * A job is cut into tiles of rows x tokens whose shape depends on the weights and the number of tokens only.  One
 * tile is small enough that its weights stay in the first caches while its tokens pass by, and large enough that
 * taking it costs nothing. */
#include <string.h>

#include "core/run.h"

enum {
	ROW_UNIT = 16,			/* tiles are a multiple of this and of the panels */
	ONE_TILE_BYTES = 128 << 10,	/* weights of a tile for a few tokens: 5 to 10 microseconds of memory */
	ONE_TILES = 4,			/* their number is a multiple: two and four threads get as many */
	WAIT_BYTES = 128 << 10,		/* of weights a waiting thread asks for: with a tile, part of the second cache */
	FEW_TOKENS = 4,
	MANY_ROWS = 64,			/* rows and tokens of a tile for many tokens */
	MANY_TOKENS = 128,
	NORM_TOKENS = 8,		/* tokens of a chunk of act_prepare */
};

struct tiling {
	size_t rows, tokens;		/* of a tile */
	size_t n_row_tiles, n_tiles;
};

static size_t
round_rows(const struct weight *w, size_t rows)
{
	size_t unit = ROW_UNIT % w->mat->pack_rows == 0 ? ROW_UNIT : w->mat->pack_rows;

	return rows <= unit ? unit : rows / unit * unit;
}

/* Rows of a tile for a few tokens. */
static size_t
rows_for_few(const struct weight *w)
{
	size_t n_tiles = (w->n_rows * w->row_bytes / ONE_TILE_BYTES + ONE_TILES) / ONE_TILES * ONE_TILES;

	return (w->n_rows + n_tiles - 1) / n_tiles + ROW_UNIT - 1;
}

static struct tiling
tiling_of(const struct weight *w, size_t n)
{
	struct tiling t = {.rows = MANY_ROWS, .tokens = MANY_TOKENS};

	if (weight_is_many(w, n)) {
		t.rows = w->mat->many_rows;	/* and all tokens at once */
		t.tokens = n;
	} else if (n <= FEW_TOKENS) {
		t.rows = rows_for_few(w);
		t.tokens = n;
	}
	t.rows = round_rows(w, t.rows);
	t.n_row_tiles = (w->n_rows + t.rows - 1) / t.rows;
	t.n_tiles = t.n_row_tiles * ((n + t.tokens - 1) / t.tokens);
	return t;
}

struct tile {
	size_t row, n_rows, token, n_tokens;
	size_t matrix;			/* 0, or the expert */
};

/* Row tiles follow each other before the next tokens come: threads work on the same tokens.  Of a few tokens all are in
 * one tile, so these pay for no division. */
static void
place_tile(struct tile *s, const struct weight *w, const struct tiling *t, size_t i, size_t n)
{
	size_t above = i < t->n_row_tiles ? 0 : i / t->n_row_tiles;

	s->row = (i - above * t->n_row_tiles) * t->rows;
	s->token = above * t->tokens;
	s->n_rows = w->n_rows - s->row < t->rows ? w->n_rows - s->row : t->rows;
	s->n_tokens = n - s->token < t->tokens ? n - s->token : t->tokens;
}

/* Both parts of a MUL_GATE share the tiles: those of the wider panels. */
static struct tiling
shared_tiling(const struct mul_job *j, size_t n)
{
	const struct weight *a = j->part[0].w, *b = j->n_parts > 1 ? j->part[1].w : a;

	return tiling_of(b->mat->pack_rows > a->mat->pack_rows ? b : a, n);
}

static size_t
count_gathered_tiles(const struct run *r, const struct mul_job *j)
{
	const struct route *o = &r->route;
	uint32_t n_experts = r->m->hp.n_experts;

	o->tile[0] = 0;
	for (uint32_t i = 0; i < n_experts; i++) {
		size_t n = o->first[i + 1] - o->first[i];

		o->tile[i + 1] = o->tile[i] + (n > 0 ? shared_tiling(j, n).n_tiles : 0);
	}
	return o->tile[n_experts];
}

struct mul_ctx {
	struct run *r;
	const struct mul_job *j;
	struct tiling tiling[MUL_PARTS];
	size_t n_tiles;			/* of all parts */
};

static const unsigned char *
tile_weights(const struct weight *w, const struct tile *s)
{
	size_t first = s->matrix > 0 ? s->matrix * weight_matrix_panels(w) : 0;

	return w->panels + (first + weight_panels_of(w, s->row)) * w->panel_bytes;
}

static struct run_next
tile_span(const struct weight *w, const struct tile *s)
{
	return (struct run_next){
		.w = tile_weights(w, s),
		.bytes = weight_panels_of(w, s->n_rows) * w->panel_bytes,
	};
}

static void
multiply(const struct run *r, const struct mul_part *p, const struct tile *s, size_t n, float *y, size_t y_stride,
    void *work, struct run_next next)
{
	const struct run_act *a = &r->act[weight_act(p->w, n)];
	struct kern_mul k = {
		.w = tile_weights(p->w, s),
		.n_rows = s->n_rows,
		.n_cols = p->w->n_cols,
		.x = a->data + s->token * a->stride,
		.x_stride = a->stride,
		.n_tokens = s->n_tokens,
		.y = y,
		.y_stride = y_stride,
		.work = work,
		.next = next.w,
		.next_bytes = next.bytes,
	};

	if (weight_is_many(p->w, n))
		p->w->mat->mul_many(&k);
	else
		p->w->mat->mul(&k);
	for (size_t t = 0; p->w->scale != 1 && t < s->n_tokens; t++)
		r->k->vec.scale(y + t * y_stride, y + t * y_stride, p->w->scale, s->n_rows);
	for (size_t t = 0; p->bias && t < s->n_tokens; t++)
		r->k->vec.add(y + t * y_stride, y + t * y_stride, p->bias + s->row, s->n_rows);
}

static float *
target(const struct mul_part *p, const struct tile *s, size_t t)
{
	return p->y + (s->token + t) * p->y_stride + s->row;
}

static size_t
tile_floats(const struct tiling *t)
{
	return (t->rows * t->tokens + 15) / 16 * 16;
}

/* A chunk of a job.  Memory idles while it is found, so its fields are written one by one: a copy of the whole would be
 * read in wider pieces than it was written in, which waits for all stores before it. */
struct chunk {
	const struct mul_part *part;
	struct tile tile;
	size_t n;			/* tokens that its matrix meets */
	size_t n_floats;		/* of its tiles */
};

/* Tile I of all experts. */
static void
find_gathered(const struct run *r, const struct mul_job *j, size_t i, struct chunk *at)
{
	const struct route *o = &r->route;
	struct tiling tiling;
	size_t e = 0;

	while (i >= o->tile[e + 1])
		e++;
	at->part = j->part;
	at->n = o->first[e + 1] - o->first[e];
	tiling = shared_tiling(j, at->n);
	place_tile(&at->tile, j->part[0].w, &tiling, i - o->tile[e], at->n);
	at->tile.token += o->first[e];
	at->tile.matrix = e;
	at->n_floats = tile_floats(&tiling);
}

static void
find_chunk(const struct mul_ctx *c, size_t i, struct chunk *at)
{
	const struct mul_job *j = c->j;
	const struct tiling *t = c->tiling;

	if (j->gathered) {
		find_gathered(c->r, j, i, at);
		return;
	}
	at->part = j->part;
	for (; j->into != MUL_GATE && i >= t->n_tiles; at->part++)
		i -= (t++)->n_tiles;
	place_tile(&at->tile, at->part->w, t, i, j->n);
	at->tile.matrix = at->part->matrix;
	at->n = j->n;
	at->n_floats = tile_floats(t);
}

static struct run_next
chunk_span(const struct mul_ctx *c, size_t chunk)
{
	struct chunk at;
	struct run_next s;

	find_chunk(c, chunk, &at);
	s = tile_span(at.part->w, &at.tile);
	s.then = c->j->into == MUL_GATE ? tile_weights(c->j->part[1].w, &at.tile) : (const unsigned char *)s.w + s.bytes;
	return s;
}

/* What WORKER reads after CHUNK: the next one of its share, or what the next product of the last pass began with.  After
 * the last one it waits, for the others and for what is done by one thread alone: memory need not idle meanwhile. */
static struct run_next
next_weights(const struct mul_ctx *c, size_t chunk, int worker)
{
	const struct run *r = c->r;
	size_t job = r->job < r->n_jobs && r->job < r->jobs_max ? r->job : 0;
	struct run_next next;

	if (chunk + 1 < pool_share_end(r->pool, c->n_tiles, worker))
		return chunk_span(c, chunk + 1);
	next = r->next[job * (size_t)pool_n_threads(r->pool) + (size_t)worker];
	if (next.then)
		pool_ask(r->pool, worker, next.then, WAIT_BYTES);
	return next;
}

static void
mul_chunk(void *ctx, size_t chunk, int worker)
{
	struct mul_ctx *c = ctx;
	const struct mul_job *j = c->j;
	const struct run *r = c->r;
	unsigned char *scratch = r->worker + (size_t)worker * r->worker_bytes;
	const struct run_next next = next_weights(c, chunk, worker);
	const struct mul_part *p;
	struct chunk at;
	const struct tile *s = &at.tile;
	float *a = (float *)(void *)scratch, *b;
	void *work;

	find_chunk(c, chunk, &at);
	p = at.part;
	b = a + at.n_floats;
	work = b + at.n_floats;
	switch (j->into) {
	case MUL_SET:
		multiply(r, p, s, at.n, target(p, s, 0), p->y_stride, work, next);
		break;
	case MUL_ADD:
		multiply(r, p, s, at.n, a, s->n_rows, work, next);
		for (size_t t = 0; t < s->n_tokens; t++)
			r->k->vec.add(target(p, s, t), target(p, s, t), a + t * s->n_rows, s->n_rows);
		break;
	case MUL_MAP:
		multiply(r, p, s, at.n, target(p, s, 0), p->y_stride, work, next);
		for (size_t t = 0; t < s->n_tokens; t++)
			j->map(target(p, s, t), target(p, s, t), s->n_rows);
		break;
	case MUL_GATE:
		multiply(r, p, s, at.n, a, s->n_rows, work, next.w ? tile_span(j->part[1].w, s) : next);
		multiply(r, &j->part[1], s, at.n, b, s->n_rows, work, next);
		for (size_t t = 0; t < s->n_tokens; t++)
			j->gate(target(p, s, t), a + t * s->n_rows, b + t * s->n_rows, s->n_rows);
		break;
	}
}

/* Note what each thread begins with, for the pass that comes next. */
static void
note_begin(const struct mul_ctx *c)
{
	struct run *r = c->r;
	int n_threads = pool_n_threads(r->pool);

	for (int i = 0; r->job < r->jobs_max && i < n_threads; i++) {
		size_t first = pool_share_first(r->pool, c->n_tiles, i);
		bool is_known = first < c->n_tiles && !c->j->gathered;	/* another token will have other experts */

		r->next[r->job * (size_t)n_threads + (size_t)i] = is_known ? chunk_span(c, first) : (struct run_next){0};
	}
	r->job++;
}

void
mul_run(struct run *r, const struct mul_job *j)
{
	struct mul_ctx c = {.r = r, .j = j};

	if (j->gathered) {
		c.n_tiles = count_gathered_tiles(r, j);
	} else if (j->into == MUL_GATE) {
		c.tiling[0] = shared_tiling(j, j->n);
		c.n_tiles = c.tiling[0].n_tiles;
	} else {
		for (int i = 0; i < j->n_parts; i++) {
			c.tiling[i] = tiling_of(j->part[i].w, j->n);
			c.n_tiles += c.tiling[i].n_tiles;
		}
	}
	note_begin(&c);
	pool_run(r->pool, c.n_tiles, mul_chunk, &c);
	times_lap(&r->times, j->part[0].w->time);
}

static size_t
weight_scratch(const struct weight *w, size_t n)
{
	size_t best = 0;

	if (!w->panels)
		return 0;
	/* Few tokens and many have their own tilings: the largest of each kind bounds all between. */
	for (size_t tokens = 1; tokens <= n; tokens = tokens < FEW_TOKENS ? tokens + 1 : tokens < n ? n : n + 1) {
		struct tiling t = tiling_of(w, tokens);
		size_t bytes = 2 * tile_floats(&t) * sizeof(float);

		if (weight_is_many(w, tokens))
			bytes += w->mat->work_bytes(t.rows, w->n_cols, tokens);
		if (bytes > best)
			best = bytes;
	}
	return best;
}

size_t
mul_scratch_bytes(const struct model *m, size_t n)
{
	size_t best = 0;

	for (int id = 0; id < W_COUNT; id++) {
		size_t bytes = weight_scratch(&m->w[id], n);

		if (bytes > best)
			best = bytes;
	}
	for (uint32_t i = 0; i < m->n_blocks; i++) {
		for (int id = 0; id < W_COUNT; id++) {
			size_t bytes = weight_scratch(&m->layers[i].w[id], n);

			if (bytes > best)
				best = bytes;
		}
	}
	return best;
}

/* ---- inputs ---- */

struct act_ctx {
	struct run *r;
	const float *x;
	size_t n_cols, n;
	const uint32_t *from;
	struct norm norm;
	unsigned acts;
};

static void
norm_row(const struct run *r, float *y, const float *x, const struct norm *norm, size_t n)
{
	float eps = r->m->hp.norm_eps;

	if (r->m->arch->norm == NORM_LAYER) {
		r->k->vec.layer_norm(y, x, norm->w, norm->bias, n, eps);
		return;
	}
	r->k->vec.rms_norm(y, x, norm->w, n, eps);
	if (norm->bias)
		r->k->vec.add(y, y, norm->bias, n);
}

static void
act_chunk(void *ctx, size_t chunk, int worker)
{
	const struct act_ctx *c = ctx;
	const struct run *r = c->r;
	float *normed = (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes);
	size_t last = (chunk + 1) * NORM_TOKENS < c->n ? (chunk + 1) * NORM_TOKENS : c->n;

	for (size_t t = chunk * NORM_TOKENS; t < last; t++) {
		const float *x = c->x + (c->from ? c->from[t] : t) * c->n_cols;

		if (c->norm.w) {
			norm_row(r, normed, x, &c->norm, c->n_cols);
			x = normed;
		}
		for (int a = 0; a < ACT_COUNT; a++)
			if (c->acts & 1u << a)
				r->k->act[a].quantize(r->act[a].data + t * r->act[a].stride, x, c->n_cols);
	}
}

void
act_prepare(struct run *r, const float *x, size_t n_cols, struct norm norm, const struct mul_job *j)
{
	struct act_ctx c = {.r = r, .x = x, .n_cols = n_cols, .n = j->n, .from = j->from, .norm = norm};

	for (int i = 0; i < j->n_parts; i++)
		c.acts |= j->gathered ? weight_acts(j->part[i].w) : 1u << weight_act(j->part[i].w, j->n);
	pool_run(r->pool, (j->n + NORM_TOKENS - 1) / NORM_TOKENS, act_chunk, &c);
	times_lap(&r->times, TIME_norm);
}
