/* 8-bit activations (kernels/act.h) with vectors, the bits of kernels/ref/act.c.  Include after an instruction set's
 * v.h. */
#ifndef KERNELS_X86_ACT_H
#define KERNELS_X86_ACT_H

#include <math.h>

#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/kern.h"

enum {
	Q8_BLOCKS = 8,			/* made together: a division takes as long for one scale */
	Q8_NUMBERS = 32 * Q8_BLOCKS,
	Q8_PART = 4 * Q8_NUMBERS,	/* all scales first, so that no block waits for its own; x stays in the L1 cache */
};

/* Scales, and what the numbers are to be multiplied with: 0 where the scale is 0 or NaN. */
ALWAYS_INLINE void
q8_scales(float *d, float *inverse, const float *x)
{
	const __m256 all = _mm256_set1_ps(127);
	vf tops[Q8_BLOCKS];
	__m256 top, scale;

	for (int i = 0; i < Q8_BLOCKS; i++) {
		tops[i] = v_abs(v_load(x + 32 * i));
		for (int j = V; j < 32; j += V)
			tops[i] = v_max_bits(tops[i], v_abs(v_load(x + 32 * i + j)));
	}
	top = v_tops8(tops);
	scale = _mm256_div_ps(top, all);
	scale = _mm256_andnot_ps(_mm256_cmp_ps(top, _mm256_set1_ps(ACT_Q8_TINY), _CMP_LT_OQ), scale);
	scale = _mm256_blendv_ps(_mm256_set1_ps(NAN), scale, _mm256_cmp_ps(top, _mm256_set1_ps(INFINITY), _CMP_LT_OQ));
	_mm256_storeu_ps(d, scale);
	_mm256_storeu_ps(inverse, _mm256_and_ps(_mm256_div_ps(all, top),
	    _mm256_cmp_ps(scale, _mm256_setzero_ps(), _CMP_GT_OQ)));
}

ALWAYS_INLINE void
q8_bytes(int8_t *q, int32_t *off16, const float *x, const float *d, const float *inverse)
{
	__m256 scale = _mm256_loadu_ps(d);
	float clean[Q8_NUMBERS];

	if (_mm256_movemask_ps(_mm256_cmp_ps(scale, scale, _CMP_UNORD_Q))) {	/* infinity times 0 is not 0 */
		for (int i = 0; i < Q8_NUMBERS; i++)
			clean[i] = isnan(d[i / 32]) ? 0 : x[i];
		x = clean;
	}
#pragma GCC unroll 2
	for (size_t at = 0; at < Q8_NUMBERS; at += 16 * V) {
		vi sum[4];

#pragma GCC unroll 4
		for (int i = 0; i < 4; i++, x += 4 * V, q += 4 * V) {
			vf v[4];
			vi b;

			for (int j = 0; j < 4; j++)
				v[j] = v_mul(v_load(x + j * V), v_set1(inverse[(at + (size_t)(4 * i + j) * V) / 32]));
			b = v_to_i8(v);
			vi_store(q, b);
			sum[i] = vi_madd16(vi_maddubs(vi_set8(1), b), vi_set16(-128));
		}
		vi_store(off16 + at / 16, vi_add32(vi_add_quads(sum), vi_set32(ACT_BIAS)));
	}
}

/* N numbers, a multiple of Q8_NUMBERS, Q8_PART at most. */
static void
q8_part(int8_t *q, float *d, int32_t *off16, const float *x, size_t n)
{
	float inverses[Q8_PART / 32], *inverse = v_forget(inverses);	/* kept in memory, which broadcasts for nothing */

	for (size_t i = 0; i < n; i += Q8_NUMBERS)
		q8_scales(d + i / 32, inverse + i / 32, x + i);
	for (size_t i = 0; i < n; i += Q8_NUMBERS)
		q8_bytes(q + i, off16 + i / 16, x + i, d + i / 32, inverse + i / 32);
}

/* N numbers, fewer than Q8_NUMBERS. */
static void
q8_few(int8_t *q, float *d, int32_t *off16, const float *x, size_t n)
{
	int8_t all_q[Q8_NUMBERS];
	float all_d[Q8_BLOCKS], all_x[Q8_NUMBERS] = {0};
	int32_t all_off16[2 * Q8_BLOCKS];

	memcpy(all_x, x, n * sizeof *x);
	q8_part(all_q, all_d, all_off16, all_x, Q8_NUMBERS);
	memcpy(q, all_q, n);
	memcpy(d, all_d, n / 32 * sizeof *d);
	memcpy(off16, all_off16, n / 16 * sizeof *off16);
}

static void
q8_quantize(void *dst, const float *x, size_t n)
{
	size_t whole = n / Q8_NUMBERS * Q8_NUMBERS, last = n - Q8_NUMBERS;
	int8_t *q = dst;
	float *d = (void *)(q + n);
	int32_t *off32 = (void *)(q + n + n / 8), *off16 = (void *)(q + n + n / 4);
	float *foff32 = (void *)(q + n + n / 2);

	for (size_t i = 0; i < whole; i += Q8_PART)
		q8_part(q + i, d + i / 32, off16 + i / 16, x + i, whole - i < Q8_PART ? whole - i : Q8_PART);
	if (whole == 0)
		q8_few(q, d, off16, x, n);
	else if (whole < n)				/* some once more */
		q8_part(q + last, d + last / 32, off16 + last / 16, x + last, Q8_NUMBERS);
	for (size_t i = 0; i < n / 32; i++) {
		off32[i] = off16[2 * i] + (off16[2 * i + 1] - ACT_BIAS);
		foff32[i] = (float)(off32[i] - ACT_BIAS);
	}
}

static void
q8_token_quantize(void *dst, const float *x, size_t n)
{
	size_t whole = act_q8_token_len(n);
	int8_t *q = dst;
	int32_t *off = (void *)(q + whole);
	vf top = v_zero(), inverse;
	uint32_t bits;
	float amax, d;

	for (size_t i = 0; i < n; i += V)
		top = v_max_bits(top, v_abs(v_load(x + i)));
	bits = v_top_bits(top);
	amax = f32_from_bits(bits);
	d = bits >= 0x7f800000 ? NAN : amax < ACT_Q8_TINY ? 0 : amax / 127.0f;
	inverse = v_set1(127.0f / amax);
	for (size_t at = 0; at < whole; at += 256) {
		vi sum = vi_zero();

		for (size_t i = at; i < at + 256; i += 4 * V) {
			vi b = vi_zero();

			if (d > 0 && i < n) {
				vf v[4];

				for (size_t j = 0; j < 4; j++)		/* n ends with a block */
					v[j] = 4 * V <= 32 || i + j * V < n ? v_mul(v_load(x + i + j * V), inverse) : v_zero();
				b = v_to_i8(v);
			}
			vi_store(q + i, b);
			sum = vi_add16(sum, vi_maddubs(vi_set8(1), b));
		}
		off[at / 256] = vi_sum32(vi_madd16(sum, vi_set16(-1)));
	}
	memcpy(q + whole / 64 * 65, &d, sizeof d);
}

#endif
