/* Many tokens times F16 and BF16 rows.
 * The columns are taken 256 at a time.  Of these, all rows of a call are turned into panels of floats, in which one
 * line holds the same column of every row; a panel stays in the first cache while a group of tokens passes by, and the
 * group stays in the second cache while the panels do (Goto & van de Geijn, TOMS 34(3), 2008).
 * A product is summed column by column, and every 256 are added to y: its bits depend neither on the rows nor on the
 * tokens beside it.
 * Include after a v.h with vectors of 8: with 16 it was never measured, and BLIS converted (kernels/gemm.h) was. */
#ifndef KERNELS_X86_MANY_H
#define KERNELS_X86_MANY_H

#include "kernels/kern.h"
#include "kernels/x86/panel.h"

/* The sums of a tile, so many vectors of rows by so many tokens, fill the registers beside a column of the rows. */
enum { MANY_VECTORS = 3, MANY_ROWS = MANY_VECTORS * V, MANY_TOKENS = 4, MANY_COLS = 256, MANY_GROUP = 48 };

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

static size_t
many_work_bytes(size_t n_rows, size_t n_cols, size_t n_tokens)
{
	(void)n_cols, (void)n_tokens;
	return (n_rows / MANY_ROWS + 2) * MANY_ROWS * MANY_COLS * sizeof(float);
}

/* Columns AT .. AT + N of all rows to panels. */
ALWAYS_INLINE void
many_convert(const struct kern_mul *m, float *panels, float *rows, size_t at, size_t n,
    void (*decode)(float *y, const void *row, size_t n))
{
	for (size_t first = 0; first < m->n_rows; first += MANY_ROWS) {
		size_t n_rows = m->n_rows - first < MANY_ROWS ? m->n_rows - first : MANY_ROWS;

		for (size_t r = 0; r < n_rows; r++)
			decode(rows + r * MANY_COLS, (const char *)m->w + ((first + r) * m->n_cols + at) * 2, n);
		panel_lines((uint8_t *)(panels + first * MANY_COLS), (const uint8_t *)rows, MANY_COLS * sizeof(float), n_rows,
		    MANY_ROWS, (n + 3) / 4 * 4, 0);
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
many_mul(const struct kern_mul *m, void (*decode)(float *y, const void *row, size_t n))
{
	float *rows = m->work, *panels = rows + MANY_ROWS * MANY_COLS;

	/* What is left unset in the last panel and behind the last column is never seen, but it should be numbers. */
	memset(m->work, 0, many_work_bytes(m->n_rows, 0, 0));
	for (size_t at = 0; at < m->n_cols; at += MANY_COLS) {
		size_t n = m->n_cols - at < MANY_COLS ? m->n_cols - at : MANY_COLS;

		many_convert(m, panels, rows, at, n, decode);
		for (size_t t = 0; t < m->n_tokens; t += MANY_GROUP)
			many_group(m, panels, t, m->n_tokens - t < MANY_GROUP ? m->n_tokens - t : MANY_GROUP, at, n);
	}
}

#endif
