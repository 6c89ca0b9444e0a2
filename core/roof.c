/* How fast this machine reads and computes at most; see minnow.h.  Every figure is the best of some passes by all threads:
 * what disturbs makes it smaller only. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/engine.h"
#include "kernels/gemm.h"

const char *
roof_name(enum roof r)
{
	static const char *const names[ROOF_COUNT] = {"read", "dot4", "dot8", "fma", "tile", "dense"};

	return names[r];
}

/* Run FN over N chunks again and again for some time: WORK a second, at best. */
static double
best_rate(struct pool *p, size_t n_chunks, pool_fn *fn, void *ctx, double work, double seconds)
{
	double best = 0, until = clock_s() + seconds;

	do {
		double start = clock_s(), took;

		pool_run(p, n_chunks, fn, ctx);
		took = clock_s() - start;
		if (took > 0 && work / took > best)
			best = work / took;
	} while (clock_s() < until);
	return best;
}

/* ---- memory ---- */

#define READ_BYTES ((size_t)256 << 20)	/* several times the caches of common machines */
#define READ_CHUNK ((size_t)1 << 20)
#define READ_S 0.15

struct read_job {
	const struct kern *k;
	unsigned char *data;
	_Atomic uint64_t sum;		/* keeps the reads from being optimised away */
};

static void
touch_chunk(void *ctx, size_t chunk, int worker)
{
	struct read_job *j = ctx;
	unsigned char *p = j->data + chunk * READ_CHUNK;

	(void)worker;
	for (size_t i = 0; i < READ_CHUNK; i += 4096)
		p[i] = (unsigned char)(i + chunk);
}

static void
read_chunk(void *ctx, size_t chunk, int worker)
{
	struct read_job *j = ctx;

	(void)worker;
	j->sum += j->k->vec.read_bytes(j->data + chunk * READ_CHUNK, READ_CHUNK);
}

static double
measure_read(const struct kern *k, struct pool *p)
{
	struct read_job j = {.k = k};
	double rate;

	j.data = mem_try_pages(READ_BYTES, true, "a measurement", NULL);
	if (!j.data)
		return 0;
	pool_run(p, READ_BYTES / READ_CHUNK, touch_chunk, &j);
	rate = best_rate(p, READ_BYTES / READ_CHUNK, read_chunk, &j, (double)READ_BYTES, READ_S);
	mem_free_pages(j.data, READ_BYTES);
	return rate;
}

/* ---- units ---- */

#define PEAK_S 0.03

enum {
	PEAK_ROUNDS = 2000,		/* of a chunk: ten microseconds, of which the sum at its end takes little */
	PEAK_CHUNKS = 32,		/* for each thread */
};

struct peak_job {
	const struct kern_vec *vec;
	struct kern_peak numbers;
	enum roof what;
	_Atomic uint64_t sum;
};

static void
peak_chunk(void *ctx, size_t chunk, int worker)
{
	struct peak_job *j = ctx;

	(void)chunk, (void)worker;
	if (j->what == ROOF_FMA)
		j->sum += j->vec->peak_fma(&j->numbers, PEAK_ROUNDS) > 0;
	else if (j->what == ROOF_TILE)
		j->sum += j->vec->peak_tile(&j->numbers, PEAK_ROUNDS) > 0;
	else
		j->sum += (j->what == ROOF_DOT4 ? j->vec->peak_dot4 : j->vec->peak_dot8)(&j->numbers, PEAK_ROUNDS);
}

static double
measure_peak(const struct kern *k, struct pool *p, enum roof what)
{
	struct peak_job j = {.vec = &k->vec, .what = what};
	size_t n = (size_t)pool_n_threads(p) * PEAK_CHUNKS;
	double ops = what == ROOF_FMA ? PEAK_FMA_OPS : what == ROOF_TILE ? PEAK_TILE_OPS : PEAK_DOT_OPS;

	if (what == ROOF_TILE && !k->vec.peak_tile)
		return 0;
	for (size_t i = 0; i < sizeof j.numbers.w; i++)
		j.numbers.w[i / 64][i % 64] = i % 16;
	for (size_t i = 0; i < sizeof j.numbers.q; i++)
		j.numbers.q[i / 64][i % 64] = (int8_t)(i % 255 - 127);
	for (size_t i = 0; i < 4 * 16; i++)
		j.numbers.a[i / 16][i % 16] = 1.0f / (float)(i + 1);
	for (size_t i = 0; i < 3 * 16; i++)
		j.numbers.b[i / 16][i % 16] = 1.0f / (float)(i + 2);
	return best_rate(p, n, peak_chunk, &j, ops * PEAK_ROUNDS * (double)n, PEAK_S);
}

/* ---- dense products ---- */

#define DENSE_S 0.05

enum { DENSE_ROWS = 256, DENSE_COLS = 1024, DENSE_TOKENS = 256 };

struct dense_job {
	size_t n_chunks;
	float *w, *x, *y;		/* [rows][cols], [tokens][cols], [tokens][rows] */
};

static void
dense_chunk(void *ctx, size_t chunk, int worker)
{
	const struct dense_job *j = ctx;
	size_t row = chunk * DENSE_ROWS;
	struct kern_mul m = {
		.w = j->w + row * DENSE_COLS,
		.n_rows = DENSE_ROWS,
		.n_cols = DENSE_COLS,
		.x = j->x,
		.x_stride = DENSE_COLS * sizeof(float),
		.n_tokens = DENSE_TOKENS,
		.y = j->y + row,
		.y_stride = DENSE_ROWS * j->n_chunks,
	};

	(void)worker;
	gemm_f32(&m);
}

/* A product of F32 weights in the size of a small model's, cut as mul.c does, by BLIS whether kernels use it or not. */
static double
measure_dense(struct pool *p)
{
	struct dense_job j = {.n_chunks = 2 * (size_t)pool_n_threads(p)};
	const size_t n_rows = DENSE_ROWS * j.n_chunks, n_w = n_rows * DENSE_COLS, n_x = DENSE_TOKENS * DENSE_COLS;
	const size_t bytes = (n_w + n_x + DENSE_TOKENS * n_rows) * sizeof(float);
	double rate;

	j.w = mem_try_pages(bytes, false, "a measurement", NULL);
	if (!j.w)
		return 0;
	j.x = j.w + n_w;
	j.y = j.x + n_x;
	for (size_t i = 0; i < n_w + n_x; i++)
		j.w[i] = 1.0f / (float)(i % 1000 + 1);
	rate = best_rate(p, j.n_chunks, dense_chunk, &j, 2.0 * (double)n_w * DENSE_TOKENS, DENSE_S);
	mem_free_pages(j.w, bytes);
	return rate;
}

/* ---- all ---- */

static double
measure(const struct kern *k, struct pool *p, enum roof r)
{
	return r == ROOF_READ ? measure_read(k, p) : r == ROOF_DENSE ? measure_dense(p) : measure_peak(k, p, r);
}

double
engine_measure(struct engine *g, enum roof r)
{
	return measure(&g->kern, g->pool, r);
}

double
engine_roof(struct engine *g, enum roof r)
{
	double roof;

	pthread_mutex_lock(&g->lock);
	if (g->roof[r] == 0)
		g->roof[r] = measure(&g->kern, g->pool, r);
	roof = g->roof[r];
	pthread_mutex_unlock(&g->lock);
	return roof;
}

double
engine_read_bandwidth(struct engine *g, int n_threads)
{
	struct pool *p;
	double rate;

	if (n_threads == pool_n_threads(g->pool))
		return engine_roof(g, ROOF_READ);
	p = pool_new(n_threads, NULL);
	if (!p)
		return 0;
	rate = measure_read(&g->kern, p);
	pool_free(p);
	return rate;
}
