/* Dense products of many tokens through BLIS, one thread a call: the caller's pool does the splitting.
 * y (rows x tokens, column t at y + t * y_stride) = W (rows x cols) X^T; BLIS takes any strides, so nothing is
 * transposed here.  Van Zee & van de Geijn, BLIS, TOMS 41(3), 2015. */
#include "kernels/gemm.h"

#include <blis.h>

#include "kernels/fill.h"
#include "kernels/fmt/fmt.h"

/* Weights that are not floats are converted in groups of this many rows, which stay in the L2 cache. */
enum { ROWS_AT_A_TIME = 64 };

static void
multiply(const float *w, const struct kern_mul *m, size_t first, size_t n_rows)
{
	float one = 1, zero = 0;
	rntm_t rntm = BLIS_RNTM_INITIALIZER;
	/* BLIS reads its inputs only; its interface has no const */
	union { const void *from; float *to; } a = {.from = w}, b = {.from = m->x};

	bli_rntm_set_num_threads(1, &rntm);
	/* the kernels for small matrices (BLIS 0.9) read past the last row */
	bli_rntm_disable_l3_sup(&rntm);
	bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, (dim_t)n_rows, (dim_t)m->n_tokens, (dim_t)m->n_cols, &one,
	    a.to, (inc_t)m->n_cols, 1, b.to, 1, (inc_t)(m->x_stride / sizeof(float)), &zero,
	    m->y + first, 1, (inc_t)m->y_stride, NULL, &rntm);
}

void
gemm_f32(const struct kern_mul *m)
{
	multiply(m->w, m, 0, m->n_rows);
}

static size_t
f32_work_bytes(size_t n_rows, size_t n_cols, size_t n_tokens)
{
	(void)n_rows, (void)n_cols, (void)n_tokens;
	return 0;
}

void
gemm_converted(const struct kern_mul *m, void (*decode)(float *y, const void *row, size_t n))
{
	const char *w = m->w;
	float *work = m->work;

	for (size_t first = 0; first < m->n_rows; first += ROWS_AT_A_TIME) {
		size_t n = m->n_rows - first < ROWS_AT_A_TIME ? m->n_rows - first : ROWS_AT_A_TIME;

		decode(work, w + first * m->n_cols * 2, n * m->n_cols);
		multiply(work, m, first, n);
	}
}

static size_t
half_work_bytes(size_t n_rows, size_t n_cols, size_t n_tokens)
{
	(void)n_tokens;
	return (n_rows < ROWS_AT_A_TIME ? n_rows : ROWS_AT_A_TIME) * n_cols * sizeof(float);
}

static void
f16_mul_many(const struct kern_mul *m)
{
	gemm_converted(m, fmt_f16_decode);
}

static void
bf16_mul_many(const struct kern_mul *m)
{
	gemm_converted(m, fmt_bf16_decode);
}

/* From how many tokens on BLIS is faster than mul, where an instruction set does not say. */
enum { MANY_MIN = 16, MANY_ROWS = 256 };

static void
slot_fill(struct kern_mat *mat, void (*mul_many)(const struct kern_mul *m),
    size_t (*work_bytes)(size_t, size_t, size_t))
{
	if (!mat->mul_many)		/* an instruction set may bring a faster conversion */
		mat->mul_many = mul_many;
	if (mat->many_min == 0)
		mat->many_min = MANY_MIN;
	if (mat->many_rows == 0)
		mat->many_rows = MANY_ROWS;
	if (!mat->work_bytes)		/* or does without BLIS */
		mat->work_bytes = work_bytes;
}

bool
blis_serves(const struct kern_mat *mat)
{
	return mat->work_bytes == f32_work_bytes || mat->work_bytes == half_work_bytes;
}

void
blis_fill(struct kern *k)
{
	slot_fill(&k->mat[QT_f32], gemm_f32, f32_work_bytes);
	slot_fill(&k->mat[QT_f16], f16_mul_many, half_work_bytes);
	slot_fill(&k->mat[QT_bf16], bf16_mul_many, half_work_bytes);
}
