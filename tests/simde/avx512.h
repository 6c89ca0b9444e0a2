/* AVX-512 for processors that have only AVX2: put before a kernel's source by the compiler (-include; Makefile, target
 * simde), so that the source stays as it is.  SIMDe replaces most of the intrinsics by functions of its own; below
 * stands what its releases lack, and what they do with other bits than the processor. */
#ifndef TESTS_SIMDE_AVX512_H
#define TESTS_SIMDE_AVX512_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <immintrin.h>
#include <math.h>
#include <simde/x86/avx512.h>
#include <stdint.h>
#include <string.h>

#define EMULATED static inline __attribute__((always_inline))

/* A vector of 512 bits as two of 256. */
union halves {
	__m512 ps;
	__m512i si;
	__m256 f[2];
	__m256i i[2];
	int8_t i8[64];
	int32_t i32[16];
	uint32_t u32[16];
	int64_t i64[8];
	float f32[16];
};

#define HALVES(a) ((union halves){a})
#define HALVES_I(a) ((union halves){.si = (a)})
#define JOIN(low, high) (((union halves){.f = {(low), (high)}}).ps)
#define JOIN_I(low, high) (((union halves){.i = {(low), (high)}}).si)

/* ---- conversions ---- */

EMULATED __m512
emulated_cvtepi32_ps(__m512i a)
{
	union halves h = HALVES_I(a);

	return JOIN(_mm256_cvtepi32_ps(h.i[0]), _mm256_cvtepi32_ps(h.i[1]));
}

EMULATED __m512i
emulated_cvtps_epi32(__m512 a)
{
	union halves h = HALVES(a);

	return JOIN_I(_mm256_cvtps_epi32(h.f[0]), _mm256_cvtps_epi32(h.f[1]));
}

EMULATED __m512i
emulated_cvtepi8_epi32(__m128i a)
{
	return JOIN_I(_mm256_cvtepi8_epi32(a), _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(a, a)));
}

EMULATED __m512i
emulated_cvtepu8_epi32(__m128i a)
{
	return JOIN_I(_mm256_cvtepu8_epi32(a), _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(a, a)));
}

EMULATED __m512i
emulated_cvtepi16_epi32(__m256i a)
{
	return JOIN_I(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(a)), _mm256_cvtepi16_epi32(_mm256_extracti128_si256(a, 1)));
}

EMULATED __m512i
emulated_cvtepu16_epi32(__m256i a)
{
	return JOIN_I(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(a)), _mm256_cvtepu16_epi32(_mm256_extracti128_si256(a, 1)));
}

EMULATED __m512
emulated_cvtph_ps(__m256i a)
{
	return JOIN(_mm256_cvtph_ps(_mm256_castsi256_si128(a)), _mm256_cvtph_ps(_mm256_extracti128_si256(a, 1)));
}

EMULATED __m128i
emulated_cvtepi32_epi8(__m512i a)
{
	union halves h = HALVES_I(a);
	int8_t low[16];

	for (int i = 0; i < 16; i++)
		low[i] = (int8_t)(h.u32[i] & 0xff);
	return _mm_loadu_si128((const void *)low);
}

#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps(a) emulated_cvtepi32_ps(a)
#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32(a) emulated_cvtps_epi32(a)
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32(a) emulated_cvtepi8_epi32(a)
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32(a) emulated_cvtepu8_epi32(a)
#undef _mm512_cvtepi16_epi32
#define _mm512_cvtepi16_epi32(a) emulated_cvtepi16_epi32(a)
#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32(a) emulated_cvtepu16_epi32(a)
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps(a) emulated_cvtph_ps(a)
#undef _mm512_cvtps_ph
#define _mm512_cvtps_ph(a, round) \
	_mm256_set_m128i(_mm256_cvtps_ph(HALVES(a).f[1], round), _mm256_cvtps_ph(HALVES(a).f[0], round))
#undef _mm512_cvtepi32_epi8
#define _mm512_cvtepi32_epi8(a) emulated_cvtepi32_epi8(a)

/* ---- loads and stores of some elements: the others are not touched ---- */

EMULATED __m256i
emulated_first8(unsigned mask)
{
	const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);

	return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)mask), bit), bit);
}

EMULATED __m512
emulated_maskz_loadu_ps(__mmask16 k, const void *p)
{
	const float *f = p;

	return JOIN(_mm256_maskload_ps(f, emulated_first8(k)), _mm256_maskload_ps(f + 8, emulated_first8(k >> 8)));
}

EMULATED void
emulated_mask_storeu_ps(void *p, __mmask16 k, __m512 a)
{
	union halves h = HALVES(a);
	float *f = p;

	_mm256_maskstore_ps(f, emulated_first8(k), h.f[0]);
	_mm256_maskstore_ps(f + 8, emulated_first8(k >> 8), h.f[1]);
}

EMULATED __m256i
emulated_maskz_loadu_epi16(__mmask16 k, const void *p)
{
	uint16_t word[16] = {0};

	for (int i = 0; i < 16; i++)
		if (k >> i & 1)
			memcpy(&word[i], (const char *)p + 2 * i, 2);
	return _mm256_loadu_si256((const void *)word);
}

EMULATED void
emulated_mask_storeu_epi16(void *p, __mmask16 k, __m256i a)
{
	uint16_t word[16];

	_mm256_storeu_si256((void *)word, a);
	for (int i = 0; i < 16; i++)
		if (k >> i & 1)
			memcpy((char *)p + 2 * i, &word[i], 2);
}

#undef _mm512_maskz_loadu_ps
#define _mm512_maskz_loadu_ps(k, p) emulated_maskz_loadu_ps(k, p)
#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps(p, k, a) emulated_mask_storeu_ps(p, k, a)
#undef _mm256_maskz_loadu_epi16
#define _mm256_maskz_loadu_epi16(k, p) emulated_maskz_loadu_epi16(k, p)
#undef _mm256_mask_storeu_epi16
#define _mm256_mask_storeu_epi16(p, k, a) emulated_mask_storeu_epi16(p, k, a)

/* ---- arithmetic ---- */

EMULATED __m512
emulated_fmaddsub_ps(__m512 a, __m512 b, __m512 c)
{
	union halves x = HALVES(a), y = HALVES(b), z = HALVES(c);

	return JOIN(_mm256_fmaddsub_ps(x.f[0], y.f[0], z.f[0]), _mm256_fmaddsub_ps(x.f[1], y.f[1], z.f[1]));
}

/* SIMDe leaves -0 and NaN their sign. */
EMULATED __m512
emulated_abs_ps(__m512 a)
{
	const __m256 sign = _mm256_set1_ps(-0.0f);
	union halves h = HALVES(a);

	return JOIN(_mm256_andnot_ps(sign, h.f[0]), _mm256_andnot_ps(sign, h.f[1]));
}

/* SIMDe takes subnormal numbers for 0. */
EMULATED __m512
emulated_scalef_ps(__m512 a, __m512 b)
{
	union halves x = HALVES(a), n = HALVES(b);

	for (int i = 0; i < 16; i++)
		x.f32[i] = isnan(n.f32[i]) ? n.f32[i] : scalbnf(x.f32[i], (int)floorf(n.f32[i]));
	return x.ps;
}

EMULATED __m512
emulated_round_ps(__m512 a)
{
	union halves h = HALVES(a);
	enum { NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };

	return JOIN(_mm256_round_ps(h.f[0], NEAREST), _mm256_round_ps(h.f[1], NEAREST));
}

/* Bytes of a without, of b with a sign; sums wrap around.  SIMDe's takes long to compile and to run. */
EMULATED __m256i
emulated_dpbusd256(__m256i sum, __m256i a, __m256i b)
{
	__m256i a02 = _mm256_and_si256(a, _mm256_set1_epi16(0xff)), a13 = _mm256_srli_epi16(a, 8);
	__m256i b02 = _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8), b13 = _mm256_srai_epi16(b, 8);

	return _mm256_add_epi32(sum, _mm256_add_epi32(_mm256_madd_epi16(a02, b02), _mm256_madd_epi16(a13, b13)));
}

EMULATED __m512i
emulated_dpbusd(__m512i sum, __m512i a, __m512i b)
{
	union halves s = HALVES_I(sum), x = HALVES_I(a), y = HALVES_I(b);

	return JOIN_I(emulated_dpbusd256(s.i[0], x.i[0], y.i[0]), emulated_dpbusd256(s.i[1], x.i[1], y.i[1]));
}

EMULATED __m256i
emulated_dpwssd256(__m256i sum, __m256i a, __m256i b)
{
	return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

EMULATED __m512i
emulated_dpwssd(__m512i sum, __m512i a, __m512i b)
{
	union halves s = HALVES_I(sum), x = HALVES_I(a), y = HALVES_I(b);

	return JOIN_I(emulated_dpwssd256(s.i[0], x.i[0], y.i[0]), emulated_dpwssd256(s.i[1], x.i[1], y.i[1]));
}

/* SIMDe's wants a number that clang sees before it inlines. */
EMULATED __m512i
emulated_srli_epi16(__m512i a, unsigned n)
{
	union halves h = HALVES_I(a);

	return JOIN_I(_mm256_srli_epi16(h.i[0], (int)n), _mm256_srli_epi16(h.i[1], (int)n));
}

/* Quarters of a below, of b above. */
EMULATED __m512
emulated_shuffle_f32x4(__m512 a, __m512 b, int which)
{
	union halves x = HALVES(a), y = HALVES(b), r;

	for (int i = 0; i < 4; i++)
		memcpy(r.f32 + 4 * i, (i < 2 ? x : y).f32 + 4 * (which >> 2 * i & 3), 16);
	return r.ps;
}

EMULATED __m512i
emulated_shuffle_i32x4(__m512i a, __m512i b, int which)
{
	return HALVES(emulated_shuffle_f32x4(HALVES_I(a).ps, HALVES_I(b).ps, which)).si;
}

EMULATED __m512
emulated_moveldup_ps(__m512 a)
{
	union halves h = HALVES(a);

	return JOIN(_mm256_moveldup_ps(h.f[0]), _mm256_moveldup_ps(h.f[1]));
}

EMULATED __m512
emulated_movehdup_ps(__m512 a)
{
	union halves h = HALVES(a);

	return JOIN(_mm256_movehdup_ps(h.f[0]), _mm256_movehdup_ps(h.f[1]));
}

EMULATED __m512i
emulated_srai_epi32(__m512i a, unsigned n)
{
	union halves h = HALVES_I(a);

	return JOIN_I(_mm256_srai_epi32(h.i[0], (int)n), _mm256_srai_epi32(h.i[1], (int)n));
}

EMULATED int64_t
emulated_reduce_add_epi64(__m512i a)
{
	union halves h = HALVES_I(a);
	uint64_t sum = 0;

	for (int i = 0; i < 8; i++)
		sum += (uint64_t)h.i64[i];
	return (int64_t)sum;
}

EMULATED int32_t
emulated_reduce_add_epi32(__m512i a)
{
	union halves h = HALVES_I(a);
	uint32_t sum = 0;

	for (int i = 0; i < 16; i++)
		sum += h.u32[i];
	return (int32_t)sum;
}

/* In each quarter the numbers that WHICH names. */
EMULATED __m512
emulated_permute_ps(__m512 a, int which)
{
	union halves h = HALVES(a), r;

	for (int i = 0; i < 16; i++)
		r.f32[i] = h.f32[i / 4 * 4 + (which >> 2 * (i % 4) & 3)];
	return r.ps;
}

/* The lower words. */
EMULATED __m256i
emulated_cvtepi32_epi16(__m512i a)
{
	union halves h = HALVES_I(a);
	int16_t words[16];

	for (int i = 0; i < 16; i++)
		words[i] = (int16_t)h.i32[i];
	return _mm256_loadu_si256((const void *)words);
}

EMULATED uint32_t
emulated_reduce_max_epu32(__m512i a)
{
	union halves h = HALVES_I(a);
	uint32_t top = 0;

	for (int i = 0; i < 16; i++)
		top = h.u32[i] > top ? h.u32[i] : top;
	return top;
}

#undef _mm512_fmaddsub_ps
#define _mm512_fmaddsub_ps(a, b, c) emulated_fmaddsub_ps(a, b, c)
#undef _mm512_abs_ps
#define _mm512_abs_ps(a) emulated_abs_ps(a)
#undef _mm512_scalef_ps
#define _mm512_scalef_ps(a, b) emulated_scalef_ps(a, b)
/* To whole numbers, the nearest: no kernel asks for another kind. */
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(a, kind) \
	({ _Static_assert((kind) == _MM_FROUND_TO_NEAREST_INT, "not emulated"); emulated_round_ps(a); })
/* SIMDe 0.7.4 expects the arguments of the masked form. */
#undef _mm512_srli_epi16
#define _mm512_srli_epi16(a, n) emulated_srli_epi16(a, n)
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#undef _mm256_dpbusd_epi32
#define _mm256_dpbusd_epi32(sum, a, b) emulated_dpbusd256(sum, a, b)
#undef _mm256_dpbusd_avx_epi32
#define _mm256_dpbusd_avx_epi32(sum, a, b) emulated_dpbusd256(sum, a, b)
#undef _mm512_dpbusd_epi32
#define _mm512_dpbusd_epi32(sum, a, b) emulated_dpbusd(sum, a, b)
#undef _mm256_dpwssd_avx_epi32
#define _mm256_dpwssd_avx_epi32(sum, a, b) emulated_dpwssd256(sum, a, b)
#undef _mm512_dpwssd_epi32
#define _mm512_dpwssd_epi32(sum, a, b) emulated_dpwssd(sum, a, b)
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4(a, b, which) emulated_shuffle_f32x4(a, b, which)
#undef _mm512_shuffle_i32x4
#define _mm512_shuffle_i32x4(a, b, which) emulated_shuffle_i32x4(a, b, which)
#undef _mm512_moveldup_ps
#define _mm512_moveldup_ps(a) emulated_moveldup_ps(a)
#undef _mm512_movehdup_ps
#define _mm512_movehdup_ps(a) emulated_movehdup_ps(a)
#undef _mm512_srai_epi32
#define _mm512_srai_epi32(a, n) emulated_srai_epi32(a, n)
#undef _mm512_reduce_add_epi64
#define _mm512_reduce_add_epi64(a) emulated_reduce_add_epi64(a)
#undef _mm512_reduce_add_epi32
#define _mm512_reduce_add_epi32(a) emulated_reduce_add_epi32(a)
#undef _mm512_permute_ps
#define _mm512_permute_ps(a, which) emulated_permute_ps(a, which)
#undef _mm512_cvtepi32_epi16
#define _mm512_cvtepi32_epi16(a) emulated_cvtepi32_epi16(a)
#undef _mm512_reduce_max_epu32
#define _mm512_reduce_max_epu32(a) emulated_reduce_max_epu32(a)
#undef _mm512_mask_cmp_ps_mask
#define _mm512_mask_cmp_ps_mask(k, a, b, kind) ((__mmask16)((k) & _mm512_cmp_ps_mask(a, b, kind)))

#include "tests/simde/amx.h"

#endif
