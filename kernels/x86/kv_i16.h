/* Scores and mixes of many rows as products of whole numbers of 16 bits: twice as many a step as of floats.
 *
 * Rows of A (queries; what values are multiplied by) get one factor each, and so do columns of B (keys; a number of all
 * values), such that they become whole numbers whose sums of products fit 32 bits:
 *   scores: queries and keys of length TOP (by Cauchy and Schwarz, TOP^2 or 2^30 at most);
 *   mixes: columns of numbers up to TOP, rows that add up to SUM, and half a number for each key that rounding adds:
 *   (65400 + 512 / 2) * 32700 is less than 2^31.
 * What is rounded away is some 2^-16 of the length of a vector, as F16 rounds its numbers.
 * Include after kv_q8_0.h and the v.h of an instruction set that has vi_dpwssd(): without it products and sums are two
 * steps, no faster than floats. */
#ifndef KERNELS_X86_KV_I16_H
#define KERNELS_X86_KV_I16_H

#include <math.h>
#include <string.h>

#include "kernels/kern.h"
#include "kernels/simd/kv_tile.h"
#include "kernels/simd/kv_weights.h"

enum {
	I16_ROWS = V == 16 ? 12 : 6,	/* rows of a tile: with two vectors, sums for 24 registers of 32, or 12 of 16 */
	I16_MANY = 96,			/* rows of a call, a multiple */
	I16_LINE = 2 * V,		/* columns of a tile */
	I16_TOP = 32700,		/* so that 32767 is not exceeded by what rounding adds to a length */
	I16_SUM = 65400,		/* of a row of a mix */
	I16_MOST = KERN_ATTN_DIM > KERN_ATTN_KEYS ? KERN_ATTN_DIM : KERN_ATTN_KEYS,	/* numbers of a row */
	I16_POS = 1024,			/* before it attention is too little of a prompt for other bits */
};

/* Added to a number of up to 2^15, this leaves the nearest whole number in the lower 16 bits. */
#define I16_ROUND 0x1.8p23f

_Static_assert((I16_SUM + KERN_ATTN_KEYS / 2) * (int64_t)I16_TOP <= INT32_MAX, "a mix fits 32 bits");

/* ---- products ---- */

/* C = A B.  A line of B: of each column a pair of numbers that meets a pair of A. */
struct i16_tile {
	float *c;
	size_t c_stride;
	const int16_t *a;
	float a_factor[I16_ROWS];
	size_t a_stride;
	size_t n_rows;			/* up to I16_ROWS */
	const int16_t *line;
	size_t n_lines;
	vf factor[2];			/* of the columns */
	int n_vectors;			/* of columns, 1 or 2 */
};

/* C and A have I16_ROWS rows, C two vectors.  A function of its own: see product_buffer() in kernels/simd/kv.h. */
__attribute__((noinline)) static void
i16_whole(const struct i16_tile *m, const int16_t *a, size_t a_stride, float *c, size_t c_stride)
{
	const int16_t *line = m->line, *end = line + m->n_lines * 2 * I16_LINE;
	vi sum[I16_ROWS][2];

#pragma GCC unroll 16
	for (int t = 0; t < I16_ROWS; t++)
		sum[t][0] = sum[t][1] = vi_zero();
	for (; line < end; line += 2 * I16_LINE, a += 2) {
		vi left = vi_load(line), right = vi_load(line + 2 * V);

#pragma GCC unroll 16
		for (int t = 0; t < I16_ROWS; t++) {
			vi pair = vi_broadcast32(a + (size_t)t * a_stride);

			sum[t][0] = vi_dpwssd(sum[t][0], pair, left);
			sum[t][1] = vi_dpwssd(sum[t][1], pair, right);
		}
	}
#pragma GCC unroll 16
	for (int t = 0; t < I16_ROWS; t++)
		for (int j = 0; j < 2; j++) {
			vi_pin(&sum[t][j]);
			v_store(c + (size_t)t * c_stride + j * V, v_mul(v_from_i32(sum[t][j]),
			    v_mul(v_set1(m->a_factor[t]), m->factor[j])));
		}
}

/* By way of a tile of its own where C has less, and of rows of its own where A has less. */
static void
i16_product(const struct i16_tile *m)
{
	float tile[I16_ROWS * I16_LINE] __attribute__((aligned(64)));
	int16_t rows[I16_ROWS][I16_MOST] __attribute__((aligned(64)));
	const int16_t *a = m->a;
	size_t a_stride = m->a_stride;

	if (m->n_rows == I16_ROWS && m->n_vectors == 2) {
		i16_whole(m, a, a_stride, m->c, m->c_stride);
		return;
	}
	for (size_t t = 0; m->n_rows < I16_ROWS && t < I16_ROWS; t++) {
		memcpy(rows[t], m->a + (t < m->n_rows ? t : 0) * m->a_stride, m->n_lines * 2 * sizeof *rows[t]);
		a = rows[0];
		a_stride = I16_MOST;
	}
	i16_whole(m, a, a_stride, tile, I16_LINE);
	for (size_t t = 0; t < m->n_rows; t++)
		for (int j = 0; j < m->n_vectors; j++)
			v_store(m->c + t * m->c_stride + j * V, v_load(tile + t * I16_LINE + j * V));
}

/* Whole numbers: N of x times FACTOR, and zeros up to a vector.  TO may be X. */
ALWAYS_INLINE void
i16_round_row(int16_t *to, const float *x, size_t n, float factor)
{
	for (size_t i = 0; i < n; i += V)
		v_store_i16(to + i, v_mul(v_load_n(x + i, n - i), v_set1(factor)));
}

/* What makes numbers up to TOP of those up to LARGEST; 0 of 0. */
ALWAYS_INLINE vf
i16_factor(vf largest)
{
	return v_if_less(v_zero(), largest, v_div(v_set1(I16_TOP), largest), v_zero());
}

/* ---- scores of F16 keys ---- */

static float
i16_length(const float *x, size_t n)
{
	vf sum = v_zero();

	for (size_t i = 0; i < n; i += V) {
		vf v = v_load_n(x + i, n - i);

		sum = v_fma(v, v, sum);
	}
	return sqrtf(v_sum(sum));
}

/* The numbers, and their factor behind them. */
static void
i16_query(void *q, const float *x, size_t dim, float scale)
{
	float length = i16_length(x, dim), factor = length * scale / I16_TOP;

	i16_round_row(q, x, dim, length > 0 ? I16_TOP / length : 0);
	memcpy((int16_t *)q + dim, &factor, sizeof factor);
}

static float
i16_query_factor(const int16_t *q, size_t dim)
{
	float factor;

	memcpy(&factor, q + dim, sizeof factor);
	return factor;
}

/* V keys of a panel into lines.  Returns their factors. */
ALWAYS_INLINE vf
i16_keys(int16_t *line, const char *keys, size_t dim)
{
	float x[KERN_ATTN_DIM * V] __attribute__((aligned(64)));
	vf sum[2] = {v_zero(), v_zero()}, length, factor;

	for (size_t i = 0; i < dim; i += 2)
		for (size_t j = 0; j < 2; j++) {
			vf v = v_f16(keys + (i + j) * KV_PANEL * sizeof(uint16_t));

			v_store(x + (i + j) * V, v);
			sum[j] = v_fma(v, v, sum[j]);
		}
	length = v_sqrt(v_add(sum[0], sum[1]));
	factor = i16_factor(length);
	for (size_t i = 0; i < dim; i += 2, line += 2 * I16_LINE)
		vi_store(line, vi_pair16(v_fma(v_load(x + i * V), factor, v_set1(I16_ROUND)),
		    v_fma(v_load(x + (i + 1) * V), factor, v_set1(I16_ROUND))));
	return v_mul(length, v_set1(1.0f / I16_TOP));
}

/* Lines of N columns, 2 V at a time those of all pairs; behind them the factors of the columns. */
static int16_t *
i16_line_at(const struct kern_attn *a, size_t column, size_t n_pairs)
{
	return (int16_t *)a->lines + column / I16_LINE * n_pairs * 2 * I16_LINE + column % I16_LINE * 2;
}

static float *
i16_factors_at(const struct kern_attn *a, size_t n_columns, size_t n_pairs)
{
	return (float *)(void *)i16_line_at(a, (n_columns + I16_LINE - 1) / I16_LINE * I16_LINE, n_pairs);
}

static void
f16_keys_many(const struct kern_attn *a)
{
	float *factors = i16_factors_at(a, a->n_lined, a->dim / 2);

	for (size_t key = 0; key < a->n_keys; key += V)
		v_store(factors + key, i16_keys(i16_line_at(a, key, a->dim / 2),
		    (const char *)a->kv + key / KV_PANEL * KV_PANEL * a->kv_stride + key % KV_PANEL * sizeof(uint16_t), a->dim));
}

static void
f16_score_many(const struct kern_attn *a)
{
	const float *factors = i16_factors_at(a, a->n_lined, a->dim / 2) + a->first;

	for (size_t key = 0; key < a->n_keys; key += I16_LINE) {
		struct i16_tile m = {
			.c_stride = a->s_stride,
			.a_stride = a->q_stride / sizeof(int16_t),
			.line = i16_line_at(a, a->first + key, a->dim / 2),
			.n_lines = a->dim / 2,
			.n_vectors = a->n_keys - key < I16_LINE ? 1 : 2,
		};
		struct kv_span rows = rows_seeing(a, key, (size_t)m.n_vectors * V, I16_ROWS);

		for (int j = 0; j < m.n_vectors; j++)
			m.factor[j] = v_load(factors + key + j * V);
		for (size_t q = rows.first; q < rows.end; q += I16_ROWS) {
			m.c = a->s + q * a->s_stride + key;
			m.a = (const int16_t *)a->q + q * m.a_stride;
			m.n_rows = a->n_q - q < I16_ROWS ? a->n_q - q : I16_ROWS;
			for (size_t t = 0; t < m.n_rows; t++)
				m.a_factor[t] = i16_query_factor(m.a + t * m.a_stride, a->dim);
			i16_product(&m);
		}
	}
}

/* ---- mixes ---- */

/* What makes whole numbers of a row whose largest is 1. */
static float
i16_weight_factor(struct kern_part part)
{
	return fminf(I16_TOP, I16_SUM / part.sum);
}

static struct kern_part
i16_weights(float *s, size_t first, size_t end, size_t n)
{
	struct kern_part part = {.top = largest(s + first, first < end ? end - first : 0)};
	vf top = v_set1(part.top), sum = v_zero();

	for (size_t i = 0; i < n; i += V) {
		vf e = weights_at(s, i, first, end, top);

		v_store(s + i, e);
		sum = v_add(sum, e);
	}
	part.sum = v_sum(sum);
	i16_round_row((int16_t *)(void *)s, s, n, part.sum > 0 ? i16_weight_factor(part) : 0);
	return part;
}

ALWAYS_INLINE vf
i16_value(const struct kern_attn *a, size_t key, size_t first, kv_load_fn *load)
{
	return key < a->n_keys ? load((const char *)a->kv + key * a->kv_stride, first, V) : v_zero();
}

/* The largest of V numbers of all values, from FIRST on. */
ALWAYS_INLINE vf
i16_largest(const struct kern_attn *a, size_t first, kv_load_fn *load)
{
	vf top = v_zero();

	for (size_t i = 0; i < a->n_keys; i++)
		top = v_max_bits(v_abs(i16_value(a, i, first, load)), top);
	return top;
}

/* V numbers of all values, from FIRST on, into lines.  Returns their factors. */
ALWAYS_INLINE vf
i16_values(int16_t *line, const struct kern_attn *a, size_t first, kv_load_fn *load)
{
	vf largest = i16_largest(a, first, load), factor = i16_factor(largest);

	for (size_t i = 0; i < a->n_keys; i += 2, line += 2 * I16_LINE)
		vi_store(line, vi_pair16(v_fma(i16_value(a, i, first, load), factor, v_set1(I16_ROUND)),
		    v_fma(i16_value(a, i + 1, first, load), factor, v_set1(I16_ROUND))));
	return v_mul(largest, v_set1(1.0f / I16_TOP));
}

ALWAYS_INLINE void
i16_values_many(const struct kern_attn *a, kv_load_fn *load)
{
	size_t n_pairs = (a->n_lined + 1) / 2;
	float *factors = i16_factors_at(a, a->dim, n_pairs);

	for (size_t first = 0; first < a->dim; first += V)
		v_store(factors + first, i16_values(i16_line_at(a, first, n_pairs), a, first, load));
}

static void
f16_values_many(const struct kern_attn *a)
{
	i16_values_many(a, load_f16);
}

static void
q8_0_values_many(const struct kern_attn *a)
{
	i16_values_many(a, load_q8_0);
}

static void
i16_mix(const struct kern_attn *a)
{
	size_t n_pairs = (a->n_lined + 1) / 2;
	const float *factors = i16_factors_at(a, a->dim, n_pairs);

	for (size_t first = 0; first < a->dim; first += I16_LINE) {
		struct i16_tile m = {
			.c_stride = a->y_stride,
			.a_stride = a->s_stride * sizeof(float) / sizeof(int16_t),
			.factor = {v_load(factors + first), v_load(factors + first + V)},
			.n_vectors = 2,
		};
		const int16_t *lines = i16_line_at(a, first, n_pairs) + a->first / 2 * 2 * I16_LINE;

		for (size_t q = 0; q < a->n_q; q += I16_ROWS) {
			size_t n = a->n_q - q < I16_ROWS ? a->n_q - q : I16_ROWS;
			struct kv_span seen = lines_seen(a->seen, q, n, a->n_keys);
			size_t pair = seen.first / 2;

			m.c = a->y + q * a->y_stride + first;
			m.a = (const int16_t *)(const void *)(a->s + q * a->s_stride) + 2 * pair;
			m.n_rows = n;
			for (size_t t = 0; t < n; t++)
				m.a_factor[t] = a->part[q + t].sum > 0 ? 1 / i16_weight_factor(a->part[q + t]) : 0;
			m.line = lines + pair * 2 * I16_LINE;
			m.n_lines = (seen.end + 1) / 2 - pair;
			i16_product(&m);
		}
	}
}

static void
i16_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f16].query_many = i16_query;
	kv[KV_f16].keys_many = f16_keys_many;
	kv[KV_f16].values_many = f16_values_many;
	kv[KV_f16].score_many = f16_score_many;
	kv[KV_q8_0].values_many = q8_0_values_many;
	kv[KV_q8_0].score_many = q8_0_score;
	kv[KV_f16].weights_many = kv[KV_q8_0].weights_many = i16_weights;
	kv[KV_f16].mix_many = kv[KV_q8_0].mix_many = i16_mix;
	kv[KV_f16].many_rows = kv[KV_q8_0].many_rows = I16_MANY;
	kv[KV_f16].many_pos = kv[KV_q8_0].many_pos = I16_POS;
}

#endif
