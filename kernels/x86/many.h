/* Many tokens times rows of floats, F16 or BF16.
 * Some columns are taken at a time.  Of these, all rows of a call are turned into panels of floats, in which one line
 * holds the same column of every row; a panel stays in the cache while a group of tokens passes by, and the group stays
 * in the second one while the panels do (Goto & van de Geijn, TOMS 34(3), 2008).
 * A product is summed column by column, and the sum of those taken at a time is added to y: its bits depend neither on
 * the rows nor on the tokens beside it.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MANY_H
#define KERNELS_X86_MANY_H

#include "kernels/kern.h"
#include "kernels/simd/dense.h"

/* The sums of a tile, so many vectors of rows by so many tokens, fill the registers beside a column of the rows.
 * AVX2's panels stay in the first cache.  AVX-512's are read from the second, a line of 64 bytes in three cycles, which
 * costs less than to add to y more often. */
enum {
	MANY_VECTORS = V == 16 ? 4 : 3,
	MANY_ROWS = MANY_VECTORS * V,
	MANY_TOKENS = V == 16 ? 6 : 4,
	MANY_COLS = V == 16 ? 512 : 256,
	MANY_GROUP = 48,
};

/* Some columns of one panel. */
struct many {
	const float *panel;		/* [n_cols][MANY_ROWS] */
	size_t n_cols, n_rows;
	const float *x;			/* [n_tokens][x_stride] */
	size_t x_stride, n_tokens;
	float *y;
	size_t y_stride;
	bool adds;			/* to y: these are not the first columns */
};

ALWAYS_INLINE void
many_store(float *y, vf sum, size_t n, bool adds)
{
	v_store_n(y, adds ? v_add(v_load_n(y, n), sum) : sum, n);
}

ALWAYS_INLINE void
many_tile(const struct many *m, size_t token, const int n)
{
	const float *x = m->x + token * m->x_stride;
	vf sum[MANY_TOKENS][MANY_VECTORS];

	for (int t = 0; t < n; t++) {
		__builtin_prefetch(m->y + (token + (size_t)t) * m->y_stride);
		for (int i = 0; i < MANY_VECTORS; i++)
			sum[t][i] = v_zero();
	}
#pragma GCC unroll 4
	for (size_t k = 0; k < m->n_cols; k++) {
		vf w[MANY_VECTORS];

		for (int i = 0; i < MANY_VECTORS; i++)
			w[i] = v_load(m->panel + k * MANY_ROWS + i * V);
		for (int t = 0; t < n; t++) {
			vf f = v_set1(x[(size_t)t * m->x_stride + k]);

			for (int i = 0; i < MANY_VECTORS; i++)
				sum[t][i] = v_fma(w[i], f, sum[t][i]);
		}
	}
	for (int t = 0; t < n; t++) {
		float *y = m->y + (token + (size_t)t) * m->y_stride;

		for (size_t i = 0; i < MANY_VECTORS && i * V < m->n_rows; i++)
			many_store(y + i * V, sum[t][i], m->n_rows - i * V < V ? m->n_rows - i * V : V, m->adds);
	}
}

static void
many_panel(const struct many *m)
{
	size_t token = 0;

	for (; token + MANY_TOKENS <= m->n_tokens; token += MANY_TOKENS)
		many_tile(m, token, MANY_TOKENS);
	for (; token + 2 <= m->n_tokens; token += 2)
		many_tile(m, token, 2);
	for (; token < m->n_tokens; token++)
		many_tile(m, token, 1);
}

/* Those of whole panels. */
static inline size_t
many_rows(size_t n_rows)
{
	return (n_rows + MANY_ROWS - 1) / MANY_ROWS * MANY_ROWS;
}

static size_t
many_work_bytes(size_t n_rows, size_t n_cols, size_t n_tokens)
{
	(void)n_cols, (void)n_tokens;
	return many_rows(n_rows) * MANY_COLS * sizeof(float);
}

/* V rows by V columns from W on to V lines, of which N_ROWS and N exist: the others are 0. */
ALWAYS_INLINE void
many_lines(float *lines, const char *w, size_t w_stride, size_t n_rows, size_t n, dense_load_fn *load)
{
	vf a[V];

#pragma GCC unroll 16
	for (size_t r = 0; r < V; r++) {
		__builtin_prefetch(w + (V + r) * w_stride);	/* rows that are converted next */
		a[r] = r < n_rows ? load(w + r * w_stride, n) : v_zero();
	}
	v_transpose(a);
#pragma GCC unroll 16
	for (size_t k = 0; k < V; k++)
		v_store(lines + k * MANY_ROWS, a[k]);
}

/* Columns AT .. AT + N of all rows to panels; rows that the last panel lacks are never seen, but they should be
 * numbers. */
ALWAYS_INLINE void
many_convert(const struct kern_mul *m, float *panels, size_t at, size_t n, size_t width, dense_load_fn *load)
{
	const size_t w_stride = m->n_cols * width;

	for (size_t row = 0; row < many_rows(m->n_rows); row += V) {
		float *lines = panels + row / MANY_ROWS * MANY_ROWS * MANY_COLS + row % MANY_ROWS;
		const char *w = (const char *)m->w + row * w_stride + at * width;
		size_t n_rows = m->n_rows > row ? m->n_rows - row : 0, k = 0;

		for (; n_rows >= V && k + V <= n; k += V)
			many_lines(lines + k * MANY_ROWS, w + k * width, w_stride, V, V, load);
		for (; k < n; k += V)
			many_lines(lines + k * MANY_ROWS, w + k * width, w_stride, n_rows, n - k, load);
	}
}

static void
many_group(const struct kern_mul *m, const float *panels, size_t first, size_t n_tokens, size_t at, size_t n)
{
	const size_t x_stride = m->x_stride / sizeof(float);
	const float *x = (const float *)m->x + first * x_stride + at;

	for (size_t row = 0; row < m->n_rows; row += MANY_ROWS)
		many_panel(&(struct many){panels + row * MANY_COLS, n, m->n_rows - row, x, x_stride, n_tokens,
		    m->y + first * m->y_stride + row, m->y_stride, at > 0});
}

ALWAYS_INLINE void
many_mul(const struct kern_mul *m, size_t width, dense_load_fn *load)
{
	float *panels = m->work;

	for (size_t at = 0; at < m->n_cols; at += MANY_COLS) {
		size_t n = m->n_cols - at < MANY_COLS ? m->n_cols - at : MANY_COLS;

		many_convert(m, panels, at, n, width, load);
		for (size_t t = 0; t < m->n_tokens; t += MANY_GROUP)
			many_group(m, panels, t, m->n_tokens - t < MANY_GROUP ? m->n_tokens - t : MANY_GROUP, at, n);
	}
}

static void
many_mul_f16(const struct kern_mul *m)
{
	many_mul(m, 2, dense_f16);
}

static void
many_mul_bf16(const struct kern_mul *m)
{
	many_mul(m, 2, dense_bf16);
}

#endif
