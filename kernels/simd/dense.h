/* Few tokens times F32, F16 and BF16 rows as they lie in the file, in 16 lanes (kernels/ref/ref.h).  Tiles share each
 * loaded vector: AVX-512 has room for 4 rows x 4 tokens (16 sums), AVX2, whose 16 lanes are two vectors, and NEON, whose are
 * four, for 2 x 2.
 * One token: as many streams as a tile has rows, each over a part of all rows.  Four neighbouring rows would be streams
 * too, but short ones: a stream that ends within a page of memory makes the hardware fetch what is not wanted.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_DENSE_H
#define KERNELS_SIMD_DENSE_H

#include "kernels/gemm.h"
#include "kernels/kern.h"
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
	DENSE_TILE_ROWS = V == 16 ? 4 : 2,
	DENSE_TILE_TOKENS = V == 16 ? 4 : 2,
	DENSE_AHEAD = 512,		/* bytes between a weight's use and what is asked for then, of one token */
};

ALWAYS_INLINE void
dense_step(const char *w, size_t w_stride, const char *x, size_t x_stride, struct lanes *sum, size_t width, size_t at,
    size_t n, const bool whole, const int n_rows, const int n_tokens, dense_load_fn *load)
{
	for (int h = 0; h < LANE_VECTORS; h++) {
		size_t left = whole ? V : lanes_left(n, at, h), i = at + (size_t)h * V;
		vf a[DENSE_TILE_TOKENS];

		for (int t = 0; t < n_tokens; t++)
			a[t] = dense_f32(x + (size_t)t * x_stride + i * sizeof(float), left);
		for (int r = 0; r < n_rows; r++) {
			vf b = load(w + (size_t)r * w_stride + i * width, left);

			for (int t = 0; t < n_tokens; t++)
				sum[r * n_tokens + t].v[h] = v_fma(b, a[t], sum[r * n_tokens + t].v[h]);
		}
	}
}

/* Rows ROW, ROW + APART and so on. */
ALWAYS_INLINE void
dense_tile(const struct kern_mul *m, size_t row, size_t apart, size_t token, size_t width, const int n_rows,
    const int n_tokens, dense_load_fn *load)
{
	size_t n = m->n_cols, w_stride = apart * n * width, whole = n / LANES * LANES;
	const char *w = (const char *)m->w + row * n * width, *x = (const char *)m->x + token * m->x_stride;
	struct lanes sum[DENSE_TILE_ROWS * DENSE_TILE_TOKENS];

	for (int i = 0; i < n_rows * n_tokens; i++)
		sum[i] = lanes_zero();
	for (size_t at = 0; at < whole; at += LANES) {
		for (int r = 0; r < n_rows && n_tokens == 1; r++)
			__builtin_prefetch(w + (size_t)r * w_stride + at * width + DENSE_AHEAD);
		dense_step(w, w_stride, x, m->x_stride, sum, width, at, n, true, n_rows, n_tokens, load);
	}
	if (whole < n)
		dense_step(w, w_stride, x, m->x_stride, sum, width, whole, n, false, n_rows, n_tokens, load);
	for (int r = 0; r < n_rows; r++)
		for (int t = 0; t < n_tokens; t++)
			m->y[(token + (size_t)t) * m->y_stride + row + (size_t)r * apart] = lanes_sum(sum[r * n_tokens + t]);
}

ALWAYS_INLINE void
dense_mul(const struct kern_mul *m, size_t width, dense_load_fn *load)
{
	size_t apart = m->n_tokens == 1 ? m->n_rows / DENSE_ROWS : 1, row = 0, t;

	for (; row < m->n_rows / DENSE_ROWS; row++) {
		size_t first = m->n_tokens == 1 ? row : row * DENSE_ROWS;

		for (t = 0; t + DENSE_TILE_TOKENS <= m->n_tokens; t += DENSE_TILE_TOKENS)
			for (size_t r = 0; r < DENSE_ROWS; r += DENSE_TILE_ROWS)
				dense_tile(m, first + r, 1, t, width, DENSE_TILE_ROWS, DENSE_TILE_TOKENS, load);
		for (; t < m->n_tokens; t++)
			dense_tile(m, first, apart, t, width, DENSE_ROWS, 1, load);
	}
	for (row *= DENSE_ROWS; row < m->n_rows; row++)
		for (t = 0; t < m->n_tokens; t++)
			dense_tile(m, row, 1, t, width, 1, 1, load);
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
