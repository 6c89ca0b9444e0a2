/* F32, F16 and BF16 rows as they lie in the file times float activations, in 16 lanes (kernels/ref/ref.h), which are 4
 * vectors: tiles of 2 rows x 2 tokens, or of 4 rows for one token, hold 16 sums. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/gemm.h"
#include "kernels/x86/lanes.h"

enum { TILE_SUMS = 4 };

/* N weights, if fewer than V, from P as floats, zeros behind. */
typedef vf load_fn(const void *p, size_t n);

/* The 16 columns from AT on, or what there is of them. */
ALWAYS_INLINE void
add_lanes(const char *w, size_t row_bytes, const char *x, size_t x_stride, struct lanes *sum, size_t width, size_t at,
    size_t n, const bool whole, const int n_rows, const int n_tokens, load_fn *load)
{
	for (int h = 0; h < LANE_VECTORS; h++) {
		size_t left = whole ? V : lanes_left(n, at, h), i = at + (size_t)h * V;
		vf a[TILE_SUMS];

		for (int t = 0; t < n_tokens; t++)
			a[t] = v_load_n(x + (size_t)t * x_stride + i * sizeof(float), left);
		for (int r = 0; r < n_rows; r++) {
			vf b = load(w + (size_t)r * row_bytes + i * width, left);

			for (int t = 0; t < n_tokens; t++)
				sum[r * n_tokens + t].v[h] = v_fma(b, a[t], sum[r * n_tokens + t].v[h]);
		}
	}
}

ALWAYS_INLINE void
tile(const struct kern_mul *m, size_t row, size_t token, size_t width, const int n_rows, const int n_tokens,
    load_fn *load)
{
	size_t n = m->n_cols, row_bytes = n * width, whole = n / LANES * LANES;
	const char *w = (const char *)m->w + row * row_bytes, *x = (const char *)m->x + token * m->x_stride;
	struct lanes sum[TILE_SUMS];

	for (int i = 0; i < n_rows * n_tokens; i++)
		sum[i] = lanes_zero();
	for (size_t at = 0; at < whole; at += LANES)
		add_lanes(w, row_bytes, x, m->x_stride, sum, width, at, n, true, n_rows, n_tokens, load);
	if (whole < n)
		add_lanes(w, row_bytes, x, m->x_stride, sum, width, whole, n, false, n_rows, n_tokens, load);
	for (int r = 0; r < n_rows; r++)
		for (int t = 0; t < n_tokens; t++)
			m->y[(token + (size_t)t) * m->y_stride + row + (size_t)r] = lanes_sum(sum[r * n_tokens + t]);
}

ALWAYS_INLINE void
mul(const struct kern_mul *m, size_t width, load_fn *load)
{
	size_t row = 0, t;

	for (; row + 4 <= m->n_rows; row += 4) {
		for (t = 0; t + 2 <= m->n_tokens; t += 2) {
			tile(m, row, t, width, 2, 2, load);
			tile(m, row + 2, t, width, 2, 2, load);
		}
		for (; t < m->n_tokens; t++)
			tile(m, row, t, width, 4, 1, load);
	}
	for (; row < m->n_rows; row++)
		for (t = 0; t < m->n_tokens; t++)
			tile(m, row, t, width, 1, 1, load);
}

ALWAYS_INLINE void
decode(float *y, const void *row, size_t n, load_fn *load)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, load((const char *)row + 2 * i, n - i), n - i);
}

static void
f32_mul(const struct kern_mul *m)
{
	mul(m, 4, v_load_n);
}

static void
f16_mul(const struct kern_mul *m)
{
	mul(m, 2, v_f16_n);
}

static void
bf16_mul(const struct kern_mul *m)
{
	mul(m, 2, v_bf16_n);
}

static void
f16_decode(float *y, const void *row, size_t n)
{
	decode(y, row, n, v_f16_n);
}

static void
bf16_decode(float *y, const void *row, size_t n)
{
	decode(y, row, n, v_bf16_n);
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

void
neon_dense(struct kern_mat mat[QT_COUNT])
{
	mat[QT_f32].mul = f32_mul;
	mat[QT_f16].mul = f16_mul;
	mat[QT_f16].mul_many = f16_mul_many;
	mat[QT_f16].decode = f16_decode;
	mat[QT_bf16].mul = bf16_mul;
	mat[QT_bf16].mul_many = bf16_mul_many;
	mat[QT_bf16].decode = bf16_decode;
}
