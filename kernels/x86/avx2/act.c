/* 8-bit activations with AVX2; the body is kernels/x86/act.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/act.h"

/* 32 numbers times INVERSE, rounded, as signed bytes in their order. */
ALWAYS_INLINE vi
bytes_of(const float *x, vf inverse)
{
	const vi order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	vi part[4];

	for (int i = 0; i < 4; i++)
		part[i] = _mm256_cvtps_epi32(v_mul(v_load(x + 8 * i), inverse));
	part[0] = _mm256_packs_epi16(_mm256_packs_epi32(part[0], part[1]), _mm256_packs_epi32(part[2], part[3]));
	return _mm256_permutevar8x32_epi32(part[0], order);
}

ALWAYS_INLINE int32_t
sum32(vi v)
{
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
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

		for (size_t i = at; i < at + 256; i += 32) {
			vi v = d > 0 && i < n ? bytes_of(x + i, inverse) : vi_zero();

			vi_store(q + i, v);
			sum = vi_add16(sum, vi_maddubs(vi_set8(1), v));
		}
		off[at / 256] = sum32(vi_madd16(sum, vi_set16(-1)));
	}
	memcpy(q + whole / 64 * 65, &d, sizeof d);
}

void
avx2_act(struct kern_act act[ACT_COUNT])
{
	act[ACT_q8].quantize = q8_quantize;
	act[ACT_q8_token].quantize = q8_token_quantize;
}
