/* A vector of floats, AVX2: what the bodies in kernels/x86 are written with.  _n: only the first n numbers exist,
 * the others read as 0 and are not written. */
#ifndef KERNELS_X86_AVX2_V_H
#define KERNELS_X86_AVX2_V_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { V = 8 };
typedef __m256 vf;

/* All ones in the first N dwords. */
ALWAYS_INLINE __m256i
v_first(size_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < V ? (int)n : V), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

ALWAYS_INLINE vf v_zero(void) { return _mm256_setzero_ps(); }
ALWAYS_INLINE vf v_set1(float f) { return _mm256_set1_ps(f); }
ALWAYS_INLINE vf v_load(const void *p) { return _mm256_loadu_ps(p); }
ALWAYS_INLINE vf v_load_n(const void *p, size_t n) { return n < V ? _mm256_maskload_ps(p, v_first(n)) : v_load(p); }
ALWAYS_INLINE void v_store(float *p, vf a) { _mm256_storeu_ps(p, a); }

/* Masked stores are many times as dear as plain ones. */
ALWAYS_INLINE void
v_store_n(float *p, vf a, size_t n)
{
	if (n < V)
		_mm256_maskstore_ps(p, v_first(n), a);
	else
		v_store(p, a);
}

ALWAYS_INLINE vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
ALWAYS_INLINE vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
ALWAYS_INLINE vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
ALWAYS_INLINE vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
ALWAYS_INLINE vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
ALWAYS_INLINE vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
ALWAYS_INLINE vf v_fms(vf a, vf b, vf c) { return _mm256_fmsub_ps(a, b, c); }
ALWAYS_INLINE vf v_fmaddsub(vf a, vf b, vf c) { return _mm256_fmaddsub_ps(a, b, c); }
ALWAYS_INLINE vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }	/* B where either is NaN */
ALWAYS_INLINE vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
/* a < b ? x : y */
ALWAYS_INLINE vf v_if_less(vf a, vf b, vf x, vf y) { return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
ALWAYS_INLINE vf v_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

/* p * 2^n, n whole and within -252..254; in two steps, so that only the last one rounds. */
ALWAYS_INLINE vf
v_scale2(vf p, vf n)
{
	const __m256i bias = _mm256_set1_epi32(127);
	__m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);

	p = _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23)));
	return _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23)));
}

/* The upper half added to the lower, and so on: the order of ref_lanes_sum() (kernels/ref/ref.h). */
ALWAYS_INLINE float
v_sum(vf a)
{
	__m128 q = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	q = _mm_add_ps(q, _mm_movehl_ps(q, q));
	return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

/* Of numbers of which none is NaN. */
ALWAYS_INLINE float
v_top(vf a)
{
	__m128 q = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	q = _mm_max_ps(q, _mm_movehl_ps(q, q));
	return _mm_cvtss_f32(_mm_max_ss(q, _mm_movehdup_ps(q)));
}

/* Of the first N numbers, the first that equals F; n when none does. */
ALWAYS_INLINE size_t
v_find_n(vf a, float f, size_t n)
{
	uint32_t m = (uint32_t)_mm256_movemask_ps(_mm256_and_ps(_mm256_cmp_ps(a, v_set1(f), _CMP_EQ_OQ),
	    _mm256_castsi256_ps(v_first(n))));

	return m ? (size_t)__builtin_ctz(m) : n;
}

/* A with its numbers from N on replaced by B's. */
ALWAYS_INLINE vf
v_keep_n(vf a, vf b, size_t n)
{
	return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(v_first(n)));
}

/* N <= 8 halves, zeros behind them. */
ALWAYS_INLINE __m128i
v_halves_n(const void *p, size_t n)
{
	uint16_t h[V] = {0};

	if (n >= V)
		return _mm_loadu_si128(p);
	for (size_t i = 0; i < n; i++)
		memcpy(&h[i], (const char *)p + 2 * i, 2);
	return _mm_loadu_si128((const void *)h);
}

ALWAYS_INLINE vf v_set1_f16(uint16_t h) { return v_set1(_cvtsh_ss(h)); }
ALWAYS_INLINE vf v_f16(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128(p)); }
ALWAYS_INLINE vf v_f16_n(const void *p, size_t n) { return _mm256_cvtph_ps(v_halves_n(p, n)); }
ALWAYS_INLINE void
v_f16_store_n(void *p, vf a, size_t n)
{
	__m128i halves = _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	uint16_t h[V];

	if (n >= V) {
		_mm_storeu_si128(p, halves);
		return;
	}
	_mm_storeu_si128((void *)h, halves);
	memcpy(p, h, 2 * n);
}

ALWAYS_INLINE vf
v_from_bf16(__m128i h)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}

ALWAYS_INLINE vf v_bf16(const void *p) { return v_from_bf16(_mm_loadu_si128(p)); }
ALWAYS_INLINE vf v_bf16_n(const void *p, size_t n) { return v_from_bf16(v_halves_n(p, n)); }

ALWAYS_INLINE vf
v_i8(const void *p)
{
	return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p)));
}

ALWAYS_INLINE vf v_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
/* The larger as unsigned integers: of absolute values, with NaN largest. */
ALWAYS_INLINE vf
v_max_bits(vf a, vf b)
{
	return _mm256_castsi256_ps(_mm256_max_epu32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
}
ALWAYS_INLINE uint32_t
v_top_bits(vf a)
{
	__m256i v = _mm256_castps_si256(a);
	__m128i m = _mm_max_epu32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4e));
	m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(m);
}

/* Number i: the largest of v[i], as v_max_bits() has it. */
ALWAYS_INLINE __m256
v_tops8(const vf v[8])
{
	vf two[4], four[2];

	for (int i = 0; i < 4; i++)
		two[i] = v_max_bits(_mm256_permute2f128_ps(v[i], v[4 + i], 0x20), _mm256_permute2f128_ps(v[i], v[4 + i], 0x31));
	for (int i = 0; i < 2; i++)
		four[i] = v_max_bits(_mm256_unpacklo_ps(two[i], two[2 + i]), _mm256_unpackhi_ps(two[i], two[2 + i]));
	return v_max_bits(_mm256_unpacklo_ps(four[0], four[1]), _mm256_unpackhi_ps(four[0], four[1]));
}

/* Rounded to nearest even, as signed words. */
ALWAYS_INLINE void
v_store_i16(int16_t *p, vf a)
{
	__m256i v = _mm256_cvtps_epi32(a);

	_mm_storeu_si128((void *)p, _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

ALWAYS_INLINE vf v_dup_even(vf a) { return _mm256_moveldup_ps(a); }
ALWAYS_INLINE vf v_dup_odd(vf a) { return _mm256_movehdup_ps(a); }

/* a0 b0 a1 b1 .. of the first N <= V / 2 numbers of each. */
ALWAYS_INLINE vf
v_zip_n(const float *a, const float *b, size_t n)
{
	__m128 x = _mm256_castps256_ps128(v_load_n(a, n)), y = _mm256_castps256_ps128(v_load_n(b, n));

	return _mm256_set_m128(_mm_unpackhi_ps(x, y), _mm_unpacklo_ps(x, y));
}

ALWAYS_INLINE void
v_transpose(vf m[V])
{
	__m256 a[V], b[V];

	for (int i = 0; i < V; i += 2) {
		a[i] = _mm256_unpacklo_ps(m[i], m[i + 1]);
		a[i + 1] = _mm256_unpackhi_ps(m[i], m[i + 1]);
	}
	for (int i = 0; i < V; i += 4)
		for (int j = 0; j < 2; j++) {
			b[i + 2 * j] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
			b[i + 2 * j + 1] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
		}
	for (int i = 0; i < 4; i++) {
		m[i] = _mm256_permute2f128_ps(b[i], b[4 + i], 0x20);
		m[4 + i] = _mm256_permute2f128_ps(b[i], b[4 + i], 0x31);
	}
}

/* ---- integers ---- */

typedef __m256i vi;

ALWAYS_INLINE vi vi_zero(void) { return _mm256_setzero_si256(); }
ALWAYS_INLINE vi vi_load(const void *p) { return _mm256_loadu_si256(p); }
ALWAYS_INLINE void vi_store(void *p, vi a) { _mm256_storeu_si256(p, a); }
ALWAYS_INLINE vi vi_set8(int c) { return _mm256_set1_epi8((char)c); }
ALWAYS_INLINE vi vi_set16(int c) { return _mm256_set1_epi16((short)c); }
ALWAYS_INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
ALWAYS_INLINE vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
ALWAYS_INLINE vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
ALWAYS_INLINE vi vi_choose(vi mask, vi a, vi b) { return vi_or(vi_and(mask, a), _mm256_andnot_si256(mask, b)); }
ALWAYS_INLINE vi vi_shl16(vi a, int n) { return _mm256_slli_epi16(a, n); }
ALWAYS_INLINE vi vi_shl32(vi a, int n) { return _mm256_slli_epi32(a, n); }
ALWAYS_INLINE vi vi_shr16(vi a, int n) { return _mm256_srli_epi16(a, n); }
ALWAYS_INLINE vi vi_sar32(vi a, int n) { return _mm256_srai_epi32(a, n); }
ALWAYS_INLINE vi vi_shr32(vi a, int n) { return _mm256_srli_epi32(a, n); }
ALWAYS_INLINE vi vi_u16(const void *p) { return _mm256_cvtepu16_epi32(_mm_loadu_si128(p)); }
ALWAYS_INLINE vi vi_u8(const void *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64(p)); }
/* 2 * V bytes at P, twice. */
ALWAYS_INLINE vi vi_twice(const void *p) { return _mm256_broadcastsi128_si256(_mm_loadu_si128(p)); }
/* The lower half of A and the upper one of B. */
ALWAYS_INLINE vi vi_halves(vi a, vi b) { return _mm256_blend_epi32(a, b, 0xf0); }
/* 16 bytes, as vi_lookup16() takes them. */
ALWAYS_INLINE vi vi_table16(const void *p) { return _mm256_broadcastsi128_si256(_mm_loadu_si128(p)); }
/* The bytes of TABLE that the bytes of INDEX, at most 15, name. */
ALWAYS_INLINE vi vi_lookup16(vi table, vi index) { return _mm256_shuffle_epi8(table, index); }
/* The number of TABLE that the low three bits of each index name. */
ALWAYS_INLINE vf v_lookup8(const float *table, vi index) { return _mm256_permutevar8x32_ps(v_load(table), index); }
ALWAYS_INLINE vi vi_add16(vi a, vi b) { return _mm256_add_epi16(a, b); }
ALWAYS_INLINE vi vi_add32(vi a, vi b) { return _mm256_add_epi32(a, b); }
ALWAYS_INLINE vi vi_set32(int x) { return _mm256_set1_epi32(x); }
ALWAYS_INLINE vi vi_sub32(vi a, vi b) { return _mm256_sub_epi32(a, b); }
ALWAYS_INLINE vi vi_add64(vi a, vi b) { return _mm256_add_epi64(a, b); }
ALWAYS_INLINE vi vi_maddubs(vi u, vi s) { return _mm256_maddubs_epi16(u, s); }	/* saturates */
ALWAYS_INLINE vi vi_madd16(vi a, vi b) { return _mm256_madd_epi16(a, b); }
/* The lower words of EVEN and ODD, side by side. */
ALWAYS_INLINE vi
vi_pair16(vf even, vf odd)
{
	return _mm256_blend_epi16(_mm256_castps_si256(even), vi_shl32(_mm256_castps_si256(odd), 16), 0xaa);
}
ALWAYS_INLINE vi vi_abs8(vi a) { return _mm256_abs_epi8(a); }
/* A with the signs of B, where B is not 0. */
ALWAYS_INLINE vi vi_sign8(vi a, vi b) { return _mm256_sign_epi8(a, b); }
ALWAYS_INLINE vf v_from_bits(vi a) { return _mm256_castsi256_ps(a); }
ALWAYS_INLINE vf v_from_i32(vi a) { return _mm256_cvtepi32_ps(a); }

/* Dword i of half j as dword j of pair i. */
ALWAYS_INLINE vi
vi_in_order(vi a)
{
	return _mm256_permutevar8x32_epi32(a, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Four vectors rounded to nearest even, as signed bytes. */
ALWAYS_INLINE vi
v_to_i8(const vf v[4])
{
	vi ab = _mm256_packs_epi32(_mm256_cvtps_epi32(v[0]), _mm256_cvtps_epi32(v[1]));
	vi cd = _mm256_packs_epi32(_mm256_cvtps_epi32(v[2]), _mm256_cvtps_epi32(v[3]));

	return vi_in_order(_mm256_packs_epi16(ab, cd));
}

/* The sums of each four dwords, of one vector after the other. */
ALWAYS_INLINE vi
vi_add_quads(const vi a[4])
{
	return vi_in_order(_mm256_hadd_epi32(_mm256_hadd_epi32(a[0], a[1]), _mm256_hadd_epi32(a[2], a[3])));
}

ALWAYS_INLINE vi
vi_broadcast32(const void *p)
{
	int32_t v;

	memcpy(&v, p, sizeof v);
	return _mm256_set1_epi32(v);
}

/* The compiler is not to rearrange what leads to A: it would do so for speed, and run out of registers. */
ALWAYS_INLINE void vi_pin(vi *a) { __asm__("" : "+x"(*a)); }
/* P, of which the compiler forgets what it points to. */
ALWAYS_INLINE void *v_forget(void *p) { __asm__("" : "+r"(p)); return p; }

/* Sum of bytes, added to the four 64-bit sums of ACC. */
ALWAYS_INLINE vi
vi_add_bytes(vi acc, const void *p)
{
	return _mm256_add_epi64(acc, _mm256_sad_epu8(_mm256_loadu_si256(p), vi_zero()));
}

ALWAYS_INLINE int32_t
vi_sum32(vi a)
{
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));

	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

ALWAYS_INLINE uint64_t
vi_sum64(vi a)
{
	uint64_t s[4];

	_mm256_storeu_si256((void *)s, a);
	return s[0] + s[1] + s[2] + s[3];
}

#endif
