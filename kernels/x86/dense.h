/* Few tokens times F32, F16 and BF16 rows as they lie in the file, in 16 lanes (kernels/ref/ref.h).  Tiles of DENSE_ROWS
 * rows x DENSE_TOKENS tokens share each loaded vector; eight sums in flight hide the latency of the fused step.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_DENSE_H
#define KERNELS_X86_DENSE_H

#include "kernels/kern.h"
#include "kernels/x86/lanes.h"

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
	return v_bf16_n(p, n >= V ? V : n);
}

enum { DENSE_AHEAD = 1024 };		/* bytes fetched ahead in each row */

ALWAYS_INLINE void
dense_step(const char *w, size_t row_bytes, const char *x, size_t x_stride, struct lanes *sum, size_t width, size_t at,
    size_t n, const int n_rows, const int n_tokens, dense_load_fn *load)
{
	for (int h = 0; h < LANE_VECTORS; h++) {
		size_t left = lanes_left(n, at, h), i = at + (size_t)h * V;
		vf a[4];

		for (int t = 0; t < n_tokens; t++)
			a[t] = dense_f32(x + (size_t)t * x_stride + i * sizeof(float), left);
		for (int r = 0; r < n_rows; r++) {
			vf b = load(w + (size_t)r * row_bytes + i * width, left);

			for (int t = 0; t < n_tokens; t++)
				sum[r * n_tokens + t].v[h] = v_fma(b, a[t], sum[r * n_tokens + t].v[h]);
		}
	}
}

ALWAYS_INLINE void
dense_tile(const struct kern_mul *m, size_t row, size_t token, size_t width, const int n_rows, const int n_tokens,
    dense_load_fn *load)
{
	size_t n = m->n_cols, row_bytes = n * width, whole = n / LANES * LANES;
	const char *w = (const char *)m->w + row * row_bytes, *x = (const char *)m->x + token * m->x_stride;
	struct lanes sum[8];

	for (int i = 0; i < n_rows * n_tokens; i++)
		sum[i] = lanes_zero();
	for (size_t at = 0; at < whole; at += LANES) {
		for (int r = 0; r < n_rows && n_tokens < 4; r++)
			_mm_prefetch(w + (size_t)r * row_bytes + at * width + DENSE_AHEAD, _MM_HINT_T0);
		dense_step(w, row_bytes, x, m->x_stride, sum, width, at, whole, n_rows, n_tokens, load);
	}
	if (whole < n)
		dense_step(w, row_bytes, x, m->x_stride, sum, width, whole, n, n_rows, n_tokens, load);
	for (int r = 0; r < n_rows; r++)
		for (int t = 0; t < n_tokens; t++)
			m->y[(token + (size_t)t) * m->y_stride + row + (size_t)r] = lanes_sum(sum[r * n_tokens + t]);
}

/* One token: 4 rows; more: 2 rows x 4 tokens. */
ALWAYS_INLINE void
dense_mul(const struct kern_mul *m, size_t width, dense_load_fn *load)
{
	size_t row = 0, t;

	for (; row + 4 <= m->n_rows; row += 4) {
		for (t = 0; t + 4 <= m->n_tokens; t += 4) {
			dense_tile(m, row, t, width, 2, 4, load);
			dense_tile(m, row + 2, t, width, 2, 4, load);
		}
		for (; t + 2 <= m->n_tokens; t += 2)
			dense_tile(m, row, t, width, 4, 2, load);
		for (; t < m->n_tokens; t++)
			dense_tile(m, row, t, width, 4, 1, load);
	}
	for (; row < m->n_rows; row++)
		for (t = 0; t < m->n_tokens; t++)
			dense_tile(m, row, t, width, 1, 1, load);
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
x86_dense(struct kern_mat mat[QT_COUNT])
{
	mat[QT_f32].mul = f32_mul;
	mat[QT_f16].mul = f16_mul;
	mat[QT_f16].decode = f16_decode;
	mat[QT_bf16].mul = bf16_mul;
	mat[QT_bf16].decode = bf16_decode;
}

#endif
