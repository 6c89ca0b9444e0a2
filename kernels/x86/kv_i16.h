/* Scores and mixes of many rows as products of whole numbers of 16 bits: twice as many a step as of floats.
 *
 * Rows of A (queries; what values are multiplied by) get one factor each, and so do columns of B (keys; a number of all
 * values), such that they become whole numbers whose sums of products fit 32 bits:
 *   scores: queries and keys of length TOP (by Cauchy and Schwarz, TOP^2 or 2^30 at most);
 *   mixes: columns of numbers up to TOP, rows that add up to SUM, and half a number for each key that rounding adds:
 *   (65400 + 512 / 2) * 32700 is less than 2^31.
 * What is rounded away is some 2^-16 of the length of a vector, as F16 rounds its numbers.
 * Include after the v.h of an instruction set that has vi_dpwssd(): without it products and sums are two steps, no faster
 * than floats. */
#ifndef KERNELS_X86_KV_I16_H
#define KERNELS_X86_KV_I16_H

#include <math.h>

#include "kernels/kern.h"
#include "kernels/simd/kv_tile.h"

enum {
	I16_ROWS = V == 16 ? 12 : 6,	/* rows of a tile: with two vectors, sums for 24 registers of 32, or 12 of 16 */
	I16_LINE = 2 * V,		/* columns of a tile */
	I16_TOP = 32700,		/* so that 32767 is not exceeded by what rounding adds to a length */
	I16_SUM = 65400,		/* of a row of a mix */
	I16_POS = 1024,			/* before it attention is too little of a prompt for other bits */
};

/* Added to a number of up to 2^15, this leaves the nearest whole number in the lower 16 bits. */
#define I16_ROUND 0x1.8p23f

_Static_assert((int)I16_ROWS <= (int)KERN_ATTN_SPARE, "a tile reads rows behind the last");
_Static_assert((I16_SUM + KERN_ATTN_KEYS / 2) * (int64_t)I16_TOP <= INT32_MAX, "a mix fits 32 bits");

/* ---- products ---- */

/* C = or, ADD, += A B.  A line of B: of each column a pair of numbers that meets a pair of A. */
struct i16_tile {
	float *c;
	size_t c_stride;
	const int16_t *a;
	const float *a_factor;
	size_t a_stride;
	size_t n_rows;			/* of C, up to I16_ROWS; A has so many all the same */
	const int16_t *line;
	size_t n_lines;
	vf factor[2];			/* of the columns */
	int n_vectors;			/* of columns, 1 or 2 */
	bool add;
};

/* C has I16_ROWS rows and two vectors.  A function of its own: see product_buffer() in kernels/simd/kv.h. */
__attribute__((noinline)) static void
i16_whole(const struct i16_tile *m, float *c, size_t c_stride)
{
	const int16_t *a = m->a, *line = m->line, *end = line + m->n_lines * 2 * I16_LINE;
	size_t a_stride = m->a_stride;
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

/* By way of a tile of its own where C has less, or is added to. */
static void
i16_product(const struct i16_tile *m)
{
	float tile[I16_ROWS * I16_LINE] __attribute__((aligned(64)));

	if (m->n_rows == I16_ROWS && m->n_vectors == 2 && !m->add) {
		i16_whole(m, m->c, m->c_stride);
		return;
	}
	i16_whole(m, tile, I16_LINE);
	for (size_t t = 0; t < m->n_rows; t++)
		for (int j = 0; j < m->n_vectors; j++) {
			float *c = m->c + t * m->c_stride + j * V;
			vf x = v_load(tile + t * I16_LINE + j * V);

			v_store(c, m->add ? v_add(v_load(c), x) : x);
		}
}

/* Whole numbers of rows. */
struct i16_rows {
	int16_t *x;			/* [n + KERN_ATTN_SPARE][stride], which a tile may read but does not use */
	size_t stride;
	float *factor;			/* [n + KERN_ATTN_SPARE] */
};

static struct i16_rows
i16_rows_at(const struct kern_attn *a, size_t n_numbers)
{
	struct i16_rows r = {.x = a->work, .stride = kern_attn_stride(n_numbers)};

	r.factor = (float *)(void *)(r.x + (a->n_q + KERN_ATTN_SPARE) * r.stride);
	return r;
}

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

static void
i16_queries(const struct kern_attn *a, struct i16_rows *r)
{
	for (size_t i = 0; i < a->n_q; i++) {
		const float *x = (const void *)((const char *)a->q + i * a->q_stride);
		float length = i16_length(x, a->dim);

		r->factor[i] = length * a->scale / I16_TOP;
		i16_round_row(r->x + i * r->stride, x, a->dim, length > 0 ? I16_TOP / length : 0);
	}
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

static void
f16_score_many(const struct kern_attn *a)
{
	int16_t lines[KERN_ATTN_DIM * I16_LINE] __attribute__((aligned(64)));
	struct i16_rows r = i16_rows_at(a, a->dim);

	i16_queries(a, &r);
	for (size_t key = 0; key < a->n_keys; key += I16_LINE) {
		struct i16_tile m = {
			.c_stride = a->s_stride,
			.a_stride = r.stride,
			.line = lines,
			.n_lines = a->dim / 2,
			.n_vectors = a->n_keys - key < I16_LINE ? 1 : 2,
		};
		struct kv_span rows = rows_seeing(a, key, (size_t)m.n_vectors * V, I16_ROWS);

		for (int j = 0; j < m.n_vectors && rows.first < rows.end; j++) {
			size_t at = key + (size_t)j * V;

			m.factor[j] = i16_keys(lines + j * 2 * V, (const char *)a->kv + at / KV_PANEL * KV_PANEL * a->kv_stride +
			    at % KV_PANEL * sizeof(uint16_t), a->dim);
		}
		for (size_t q = rows.first; q < rows.end; q += I16_ROWS) {
			m.c = a->s + q * a->s_stride + key;
			m.a = r.x + q * r.stride;
			m.a_factor = r.factor + q;
			m.n_rows = a->n_q - q < I16_ROWS ? a->n_q - q : I16_ROWS;
			i16_product(&m);
		}
	}
}

/* ---- mixes ---- */

static void
i16_weights(const struct kern_attn *a, struct i16_rows *r)
{
	for (size_t i = 0; i < a->n_q; i++) {
		const float *x = a->s + i * a->s_stride;
		vf largest = v_zero(), sum = v_zero();
		float top, factor;

		for (size_t j = 0; j < a->n_keys; j += V) {
			vf v = v_load_n(x + j, a->n_keys - j);

			largest = v_max(v, largest);
			sum = v_add(sum, v);
		}
		top = v_top(largest);
		factor = top > 0 ? fminf(I16_TOP / top, I16_SUM / v_sum(sum)) : 0;
		r->factor[i] = top > 0 ? 1 / factor : 0;
		i16_round_row(r->x + i * r->stride, x, a->n_keys, factor);
	}
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
i16_mix(const struct kern_attn *a, kv_load_fn *load)
{
	int16_t lines[KERN_ATTN_KEYS * I16_LINE] __attribute__((aligned(64)));
	struct i16_rows r = i16_rows_at(a, a->n_keys);

	i16_weights(a, &r);
	for (size_t first = 0; first < a->dim; first += I16_LINE) {
		struct i16_tile m = {.c_stride = a->y_stride, .a_stride = r.stride, .n_vectors = 2, .add = a->add};

		for (int j = 0; j < 2; j++)
			m.factor[j] = i16_values(lines + j * 2 * V, a, first + (size_t)j * V, load);
		for (size_t q = 0; q < a->n_q; q += I16_ROWS) {
			size_t n = a->n_q - q < I16_ROWS ? a->n_q - q : I16_ROWS;
			struct kv_span seen = lines_seen(a->seen, q, n, a->n_keys);
			size_t pair = seen.first / 2;

			m.c = a->y + q * a->y_stride + first;
			m.a = r.x + q * r.stride + 2 * pair;
			m.a_factor = r.factor + q;
			m.n_rows = n;
			m.line = lines + pair * 2 * I16_LINE;
			m.n_lines = (seen.end + 1) / 2 - pair;
			i16_product(&m);
		}
	}
}

static void
f16_mix_many(const struct kern_attn *a)
{
	i16_mix(a, load_f16);
}

static void
q8_0_mix_many(const struct kern_attn *a)
{
	i16_mix(a, load_q8_0);
}

#endif
