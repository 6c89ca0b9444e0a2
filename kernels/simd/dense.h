/* Few tokens times F32, F16 and BF16 rows as they lie in the file, in 16 lanes (kernels/ref/ref.h).  Tiles share each
 * loaded vector.
 * One token: as many streams as a tile has rows, each over a part of all rows.  Four neighbouring rows would be streams
 * too, but short ones: a stream that ends within a page of memory makes the hardware fetch what is not wanted.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_DENSE_H
#define KERNELS_SIMD_DENSE_H

#include <string.h>

#include "kernels/gemm.h"
#include "kernels/kern.h"
#include "kernels/simd/ahead.h"
#include "kernels/simd/lanes.h"

/* N <= V weights from P as floats, zeros behind. */
typedef vf dense_load_fn(const char *p, size_t n);

ALWAYS_INLINE vf
dense_f32(const char *p, size_t n)
{
	return n >= V ? v_load(p) : v_load_n(p, n);
}

ALWAYS_INLINE vf
dense_f16(const char *p, size_t n)
{
	return n >= V ? v_f16(p) : v_f16_n(p, n);
}

ALWAYS_INLINE vf
dense_bf16(const char *p, size_t n)
{
	return n >= V ? v_bf16(p) : v_bf16_n(p, n);
}

enum {
	DENSE_ROWS = 4,
	DENSE_TOKENS = V == 8 ? 3 : 4,	/* of a tile: 12 sums are all that AVX2 has room for */
	DENSE_GROUP = 16,		/* tokens whose sums are kept while all columns pass */
	DENSE_COLS = 512,		/* that stay in the first cache while a group passes */
	DENSE_NEAR = AHEAD_NEAR / DENSE_ROWS,	/* as AHEAD_NEAR, in each stream of one token */
};

/* The lanes from column AT on of rows at W times one token. */
ALWAYS_INLINE void
dense_one_step(struct lanes *sum, const char *w, size_t w_stride, const char *x, size_t at, size_t width, const int n_rows,
    dense_load_fn *load)
{
	for (int h = 0; h < LANE_VECTORS; h++) {
		size_t i = at + (size_t)h * V;

		for (int r = 0; r < n_rows; r++)
			sum[r].v[h] = v_fma(load(w + (size_t)r * w_stride + i * width, V), v_load(x + i * sizeof(float)),
			    sum[r].v[h]);
	}
}

/* Rows ROW, ROW + APART and so on times one token, in streams. */
ALWAYS_INLINE void
dense_one(const struct kern_mul *m, struct ahead *ahead, size_t row, size_t apart, size_t width, const int n_rows,
    dense_load_fn *load)
{
	const size_t line = 64 / width;
	size_t n = m->n_cols, w_stride = apart * n * width, at = 0;
	const char *w = (const char *)m->w + row * n * width, *x = m->x;
	struct lanes sum[DENSE_ROWS];

	for (int r = 0; r < n_rows; r++)
		sum[r] = lanes_zero();
	for (; at + line <= n; at += line) {
		for (int r = 0; r < n_rows; r++)
			__builtin_prefetch(w + (size_t)r * w_stride + at * width + DENSE_NEAR);
		ahead_read(ahead, (size_t)n_rows * 64);
#pragma GCC unroll 2
		for (size_t i = 0; i < line; i += LANES)
			dense_one_step(sum, w, w_stride, x, at + i, width, n_rows, load);
	}
	for (; at + LANES <= n; at += LANES)
		dense_one_step(sum, w, w_stride, x, at, width, n_rows, load);
	for (int h = 0; h < LANE_VECTORS && at < n; h++) {
		size_t left = lanes_left(n, at, h), i = at + (size_t)h * V;

		for (int r = 0; r < n_rows; r++)
			sum[r].v[h] = v_fma(load(w + (size_t)r * w_stride + i * width, left),
			    dense_f32(x + i * sizeof(float), left), sum[r].v[h]);
	}
	for (int r = 0; r < n_rows; r++)
		m->y[row + (size_t)r * apart] = lanes_sum(sum[r]);
}

/* Some columns of some rows and tokens, of which a tile takes one vector of the lanes: so more of both share what is
 * loaded. */
struct dense {
	const char *w, *x;		/* first row, first token */
	size_t w_stride, x_stride;
	size_t first, end, n_cols;	/* columns */
	struct lanes *sum;		/* [row][DENSE_GROUP] */
	struct ahead *ahead;		/* NULL: other tokens were the first to meet these weights */
};

ALWAYS_INLINE void
dense_step(const struct dense *d, vf *sum, size_t i, size_t left, size_t width, const int n_rows, const int n_tokens,
    dense_load_fn *load)
{
	vf x[DENSE_TOKENS];

	for (int t = 0; t < n_tokens; t++)
		x[t] = dense_f32(d->x + (size_t)t * d->x_stride + i * sizeof(float), left);
	for (int r = 0; r < n_rows; r++) {
		vf w = load(d->w + (size_t)r * d->w_stride + i * width, left);

		for (int t = 0; t < n_tokens; t++)
			sum[r * n_tokens + t] = v_fma(w, x[t], sum[r * n_tokens + t]);
	}
}

ALWAYS_INLINE void
dense_tile(const struct dense *d, size_t width, const int n_rows, const int n_tokens, dense_load_fn *load)
{
	for (int h = 0; h < LANE_VECTORS; h++) {
		size_t at = d->first;
		vf sum[DENSE_ROWS * DENSE_TOKENS];

		for (int i = 0; i < n_rows * n_tokens; i++)
			sum[i] = d->sum[i / n_tokens * DENSE_GROUP + i % n_tokens].v[h];
		for (; at + LANES <= d->end; at += LANES) {
			for (int r = h; r < n_rows && d->ahead; r += LANE_VECTORS)
				__builtin_prefetch(d->w + (size_t)r * d->w_stride + (at + DENSE_COLS) * width);
			if (d->ahead)
				ahead_read(d->ahead, (size_t)n_rows * V * width);
			dense_step(d, sum, at + (size_t)h * V, V, width, n_rows, n_tokens, load);
		}
		if (at < d->end)
			dense_step(d, sum, at + (size_t)h * V, lanes_left(d->n_cols, at, h), width, n_rows, n_tokens, load);
		for (int i = 0; i < n_rows * n_tokens; i++)
			d->sum[i / n_tokens * DENSE_GROUP + i % n_tokens].v[h] = sum[i];
	}
}

/* N_TOKENS <= DENSE_TOKENS. */
ALWAYS_INLINE void
dense_tokens(const struct dense *d, size_t width, const int n_rows, size_t n_tokens, dense_load_fn *load)
{
	switch (n_tokens) {
	case 1: dense_tile(d, width, n_rows, 1, load); return;
	case 2: dense_tile(d, width, n_rows, 2, load); return;
	case 3: dense_tile(d, width, n_rows, 3, load); return;
	}
	if (DENSE_TOKENS > 3)
		dense_tile(d, width, n_rows, 4, load);
}

/* Rows ROW, ROW + APART and so on times N_TOKENS <= DENSE_GROUP tokens from TOKEN on. */
ALWAYS_INLINE void
dense_group(const struct kern_mul *m, struct ahead *ahead, size_t row, size_t apart, size_t token, size_t n_tokens,
    size_t width, const int n_rows, dense_load_fn *load)
{
	struct lanes sum[DENSE_ROWS][DENSE_GROUP];
	struct dense d = {
		.w = (const char *)m->w + row * m->n_cols * width, .w_stride = apart * m->n_cols * width,
		.x_stride = m->x_stride, .n_cols = m->n_cols,
	};

	memset(sum, 0, sizeof sum);
	for (; d.first < m->n_cols; d.first += DENSE_COLS) {
		d.end = m->n_cols - d.first < DENSE_COLS ? m->n_cols : d.first + DENSE_COLS;
		for (size_t t = 0; t < n_tokens; t += DENSE_TOKENS) {
			d.x = (const char *)m->x + (token + t) * m->x_stride;
			d.sum = &sum[0][t];
			d.ahead = token + t == 0 ? ahead : NULL;
			dense_tokens(&d, width, n_rows, n_tokens - t < DENSE_TOKENS ? n_tokens - t : DENSE_TOKENS, load);
		}
	}
	for (size_t t = 0; t < n_tokens; t++)
		for (int r = 0; r < n_rows; r++)
			m->y[(token + t) * m->y_stride + row + (size_t)r * apart] = lanes_sum(sum[r][t]);
}

ALWAYS_INLINE void
dense_rows(const struct kern_mul *m, struct ahead *ahead, size_t row, size_t apart, size_t width, const int n_rows,
    dense_load_fn *load)
{
	if (m->n_tokens == 1) {
		dense_one(m, ahead, row, apart, width, n_rows, load);
		return;
	}
	for (size_t t = 0; t < m->n_tokens; t += DENSE_GROUP)
		dense_group(m, ahead, row, apart, t, m->n_tokens - t < DENSE_GROUP ? m->n_tokens - t : DENSE_GROUP, width, n_rows,
		    load);
}

ALWAYS_INLINE void
dense_mul(const struct kern_mul *m, size_t width, dense_load_fn *load)
{
	size_t apart = m->n_rows / DENSE_ROWS;
	/* more tokens do not wait for the memory */
	struct ahead ahead = m->n_tokens <= DENSE_TOKENS ? ahead_of(m->next, m->next_bytes) : (struct ahead){0};

	for (size_t row = 0; row < apart; row++)
		dense_rows(m, &ahead, row, apart, width, DENSE_ROWS, load);
	for (size_t row = apart * DENSE_ROWS; row < m->n_rows; row++)
		dense_rows(m, &ahead, row, 1, width, 1, load);
}

static void
f32_mul(const struct kern_mul *m)
{
	dense_mul(m, 4, dense_f32);
}

static void
f16_mul(const struct kern_mul *m)
{
	dense_mul(m, 2, dense_f16);
}

static void
bf16_mul(const struct kern_mul *m)
{
	dense_mul(m, 2, dense_bf16);
}

static void
f16_decode(float *y, const void *row, size_t n)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, dense_f16((const char *)row + 2 * i, n - i), n - i);
}

static void
bf16_decode(float *y, const void *row, size_t n)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, dense_bf16((const char *)row + 2 * i, n - i), n - i);
}

static void
f16_mul_many(const struct kern_mul *m)
{
	gemm_converted(m, f16_decode);
}

static void
bf16_mul_many(const struct kern_mul *m)
{
	gemm_converted(m, bf16_decode);
}

static void
simd_dense(struct kern_mat mat[QT_COUNT])
{
	mat[QT_f32].mul = f32_mul;
	mat[QT_f16].mul = f16_mul;
	mat[QT_f16].mul_many = f16_mul_many;
	mat[QT_f16].work_bytes = NULL;
	mat[QT_f16].decode = f16_decode;
	mat[QT_bf16].mul = bf16_mul;
	mat[QT_bf16].mul_many = bf16_mul_many;
	mat[QT_bf16].work_bytes = NULL;
	mat[QT_bf16].decode = bf16_decode;
}

#endif
