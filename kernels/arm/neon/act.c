/* 8-bit activations (kernels/act.h) with NEON, the bits of kernels/ref/act.c. */
#include "kernels/arm/neon/neon.h"

#include <math.h>

#include "kernels/act.h"
#include "kernels/arm/neon/v.h"
#include "kernels/f16.h"

/* The scale of numbers whose largest |x| has these BITS. */
ALWAYS_INLINE float
scale_of(uint32_t bits)
{
	float amax = f32_from_bits(bits);

	return bits >= 0x7f800000 ? NAN : amax < ACT_Q8_TINY ? 0 : amax / 127.0f;
}

/* 16 numbers times INVERSE, rounded, as signed bytes. */
ALWAYS_INLINE int8x16_t
bytes_of(const vf x[4], vf inverse)
{
	int32x4_t w[4];

	for (int i = 0; i < 4; i++)
		w[i] = vcvtnq_s32_f32(v_mul(x[i], inverse));
	return vcombine_s8(vmovn_s16(vcombine_s16(vmovn_s32(w[0]), vmovn_s32(w[1]))),
	    vmovn_s16(vcombine_s16(vmovn_s32(w[2]), vmovn_s32(w[3]))));
}

static void
q8_quantize(void *dst, const float *x, size_t n)
{
	int8_t *q = dst;
	float *d = (void *)(q + n);
	int32_t *off32 = (void *)(q + n + n / 8), *off16 = (void *)(q + n + n / 4);
	float *foff32 = (void *)(q + n + n / 2);

	for (size_t i = 0; i < n / 32; i++, x += 32, q += 32) {
		vf v[8], top = v_zero(), inverse;
		uint32_t bits;

		for (int j = 0; j < 8; j++) {
			v[j] = v_load(x + V * j);
			top = v_max_bits(top, v_abs(v[j]));
		}
		bits = v_top_bits(top);
		d[i] = scale_of(bits);
		inverse = v_set1(127.0f / f32_from_bits(bits));
		for (size_t half = 0; half < 2; half++) {
			int8x16_t b = d[i] > 0 ? bytes_of(v + 4 * half, inverse) : vdupq_n_s8(0);

			vst1q_s8(q + 16 * half, b);
			off16[2 * i + half] = ACT_BIAS - 128 * vaddlvq_s8(b);
		}
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
	float d;

	for (size_t i = 0; i < n; i += V)
		top = v_max_bits(top, v_abs(v_load(x + i)));
	bits = v_top_bits(top);
	d = scale_of(bits);
	inverse = v_set1(127.0f / f32_from_bits(bits));
	for (size_t at = 0; at < whole; at += 256) {
		int16x8_t sum = vdupq_n_s16(0);		/* 32 bytes a word */

		for (size_t i = at; i < at + 256; i += 16) {
			int8x16_t b = vdupq_n_s8(0);

			if (d > 0 && i < n) {
				vf v[4] = {v_load(x + i), v_load(x + i + 4), v_load(x + i + 8), v_load(x + i + 12)};

				b = bytes_of(v, inverse);
			}
			vst1q_s8(q + i, b);
			sum = vpadalq_s8(sum, b);
		}
		off[at / 256] = -vaddlvq_s16(sum);
	}
	memcpy(q + whole / 64 * 65, &d, sizeof d);
}

void
neon_act(struct kern_act act[ACT_COUNT])
{
	act[ACT_q8].quantize = q8_quantize;
	act[ACT_q8_token].quantize = q8_token_quantize;
}
