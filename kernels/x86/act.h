/* 8-bit activations (kernels/act.h) with vectors, the bits of kernels/ref/act.c.  Include after an instruction set's
 * v.h. */
#ifndef KERNELS_X86_ACT_H
#define KERNELS_X86_ACT_H

#include <math.h>

#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/kern.h"

/* -128 times the sum of 16 signed bytes. */
ALWAYS_INLINE int32_t
offset_of_16(const int8_t *q)
{
	__m128i u = _mm_xor_si128(_mm_loadu_si128((const void *)q), _mm_set1_epi8((char)0x80));
	__m128i s = _mm_sad_epu8(u, _mm_setzero_si128());

	return -128 * (_mm_cvtsi128_si32(s) + _mm_extract_epi16(s, 4) - 16 * 128);
}

static void
q8_quantize(void *dst, const float *x, size_t n)
{
	enum { VECTORS = 32 / V };
	int8_t *q = dst;
	float *d = (void *)(q + n);
	int32_t *off32 = (void *)(q + n + n / 8), *off16 = (void *)(q + n + n / 4);

	for (size_t i = 0; i < n / 32; i++, q += 32) {
		vf v[VECTORS], top = v_zero(), inverse;
		uint32_t bits;
		float amax;

		for (int j = 0; j < VECTORS; j++) {
			v[j] = v_load(x + 32 * i + j * V);
			top = v_max_bits(top, v_abs(v[j]));
		}
		bits = v_top_bits(top);
		amax = f32_from_bits(bits);
		d[i] = bits >= 0x7f800000 ? NAN : amax < ACT_Q8_TINY ? 0 : amax / 127.0f;
		inverse = v_set1(127.0f / amax);
		for (int j = 0; j < VECTORS; j++)
			v_store_i8(q + j * V, d[i] > 0 ? v_mul(v[j], inverse) : v_zero());
		off16[2 * i] = offset_of_16(q);
		off16[2 * i + 1] = offset_of_16(q + 16);
		off32[i] = off16[2 * i] + off16[2 * i + 1];
	}
}

#endif
