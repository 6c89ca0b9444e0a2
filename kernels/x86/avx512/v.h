/* A vector of floats, AVX-512: what the bodies in kernels/x86 are written with.  _n: only the first n numbers exist,
 * the others read as 0 and are not written. */
#ifndef KERNELS_X86_AVX512_V_H
#define KERNELS_X86_AVX512_V_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { V = 16 };
typedef __m512 vf;

ALWAYS_INLINE __mmask16
v_first(size_t n)
{
	return (__mmask16)(n < V ? (1u << n) - 1 : 0xffff);
}

ALWAYS_INLINE vf v_zero(void) { return _mm512_setzero_ps(); }
ALWAYS_INLINE vf v_set1(float f) { return _mm512_set1_ps(f); }
ALWAYS_INLINE vf v_load(const void *p) { return _mm512_loadu_ps(p); }
ALWAYS_INLINE vf v_load_n(const void *p, size_t n) { return _mm512_maskz_loadu_ps(v_first(n), p); }
ALWAYS_INLINE void v_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
ALWAYS_INLINE void v_store_n(float *p, vf a, size_t n) { _mm512_mask_storeu_ps(p, v_first(n), a); }
ALWAYS_INLINE vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
ALWAYS_INLINE vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
ALWAYS_INLINE vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
ALWAYS_INLINE vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
ALWAYS_INLINE vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
ALWAYS_INLINE vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
ALWAYS_INLINE vf v_fms(vf a, vf b, vf c) { return _mm512_fmsub_ps(a, b, c); }
ALWAYS_INLINE vf v_fmaddsub(vf a, vf b, vf c) { return _mm512_fmaddsub_ps(a, b, c); }
ALWAYS_INLINE vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }	/* B where either is NaN */
ALWAYS_INLINE vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
/* a < b ? x : y */
ALWAYS_INLINE vf v_if_less(vf a, vf b, vf x, vf y) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x); }
ALWAYS_INLINE vf v_round(vf a) { return _mm512_roundscale_ps(a, 0); }
ALWAYS_INLINE vf v_scale2(vf p, vf n) { return _mm512_scalef_ps(p, n); }	/* p * 2^n, n whole */

ALWAYS_INLINE __m256 v_lower(vf a) { return _mm512_castps512_ps256(a); }
ALWAYS_INLINE __m256 v_upper(vf a) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)); }

/* The upper half added to the lower, and so on: the order of ref_lanes_sum() (kernels/ref/ref.h). */
ALWAYS_INLINE float
v_sum(vf a)
{
	__m256 h = _mm256_add_ps(v_lower(a), v_upper(a));
	__m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));

	q = _mm_add_ps(q, _mm_movehl_ps(q, q));
	return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

/* Of numbers of which none is NaN. */
ALWAYS_INLINE float
v_top(vf a)
{
	__m256 h = _mm256_max_ps(v_lower(a), v_upper(a));
	__m128 q = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));

	q = _mm_max_ps(q, _mm_movehl_ps(q, q));
	return _mm_cvtss_f32(_mm_max_ss(q, _mm_movehdup_ps(q)));
}

/* Of the first N numbers, the first that equals F; n when none does. */
ALWAYS_INLINE size_t
v_find_n(vf a, float f, size_t n)
{
	uint32_t m = _mm512_mask_cmp_ps_mask(v_first(n), a, v_set1(f), _CMP_EQ_OQ);

	return m ? (size_t)__builtin_ctz(m) : n;
}

/* A with its numbers from N on replaced by B's. */
ALWAYS_INLINE vf v_keep_n(vf a, vf b, size_t n) { return _mm512_mask_blend_ps(v_first(n), b, a); }

ALWAYS_INLINE vf v_set1_f16(uint16_t h) { return v_set1(_cvtsh_ss(h)); }
ALWAYS_INLINE vf v_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }
ALWAYS_INLINE vf v_f16_n(const void *p, size_t n) { return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(v_first(n), p)); }
ALWAYS_INLINE void
v_f16_store_n(void *p, vf a, size_t n)
{
	_mm256_mask_storeu_epi16(p, v_first(n), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

ALWAYS_INLINE vf
v_from_bf16(__m256i h)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

ALWAYS_INLINE vf v_bf16(const void *p) { return v_from_bf16(_mm256_loadu_si256(p)); }
ALWAYS_INLINE vf v_bf16_n(const void *p, size_t n) { return v_from_bf16(_mm256_maskz_loadu_epi16(v_first(n), p)); }

ALWAYS_INLINE vf
v_i8(const void *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p)));
}

ALWAYS_INLINE vf v_abs(vf a) { return _mm512_abs_ps(a); }
/* The larger as unsigned integers: of absolute values, with NaN largest. */
ALWAYS_INLINE vf
v_max_bits(vf a, vf b)
{
	return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
ALWAYS_INLINE uint32_t v_top_bits(vf a) { return _mm512_reduce_max_epu32(_mm512_castps_si512(a)); }

/* Number i: the largest of v[i], as v_max_bits() has it. */
ALWAYS_INLINE __m256
v_tops8(const vf v[8])
{
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
	vf two[4], four[2], all;

	for (int i = 0; i < 4; i++)
		two[i] = v_max_bits(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x44),
		    _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xee));
	for (int i = 0; i < 2; i++)
		four[i] = v_max_bits(_mm512_shuffle_f32x4(two[2 * i], two[2 * i + 1], 0x88),
		    _mm512_shuffle_f32x4(two[2 * i], two[2 * i + 1], 0xdd));
	all = v_max_bits(_mm512_unpacklo_ps(four[0], four[1]), _mm512_unpackhi_ps(four[0], four[1]));
	all = v_max_bits(all, _mm512_permute_ps(all, 0x4e));
	return v_lower(_mm512_permutexvar_ps(order, all));
}

/* Rounded to nearest even, as signed words. */
ALWAYS_INLINE void
v_store_i16(int16_t *p, vf a)
{
	_mm256_storeu_si256((void *)p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(a)));
}

ALWAYS_INLINE vf v_dup_even(vf a) { return _mm512_moveldup_ps(a); }
ALWAYS_INLINE vf v_dup_odd(vf a) { return _mm512_movehdup_ps(a); }

/* a0 b0 a1 b1 .. of the first N <= V / 2 numbers of each. */
ALWAYS_INLINE vf
v_zip_n(const float *a, const float *b, size_t n)
{
	const __m512i order = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);

	return _mm512_permutex2var_ps(v_load_n(a, n), order, v_load_n(b, n));
}

ALWAYS_INLINE void
v_transpose(vf m[V])
{
	__m512 a[V], b[V];

	for (int i = 0; i < V; i += 2) {
		a[i] = _mm512_unpacklo_ps(m[i], m[i + 1]);
		a[i + 1] = _mm512_unpackhi_ps(m[i], m[i + 1]);
	}
	for (int i = 0; i < V; i += 4)
		for (int j = 0; j < 2; j++) {
			__m512d lo = _mm512_castps_pd(a[i + j]), hi = _mm512_castps_pd(a[i + j + 2]);

			b[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo, hi));
			b[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo, hi));
		}
	for (int i = 0; i < 4; i++) {	/* b[4 k + i]: column 4 q + i of rows 4 k.. in its quarter q */
		a[i] = _mm512_shuffle_f32x4(b[i], b[4 + i], 0x88);
		a[4 + i] = _mm512_shuffle_f32x4(b[i], b[4 + i], 0xdd);
		a[8 + i] = _mm512_shuffle_f32x4(b[8 + i], b[12 + i], 0x88);
		a[12 + i] = _mm512_shuffle_f32x4(b[8 + i], b[12 + i], 0xdd);
	}
	for (int i = 0; i < 4; i++) {
		m[i] = _mm512_shuffle_f32x4(a[i], a[8 + i], 0x88);
		m[8 + i] = _mm512_shuffle_f32x4(a[i], a[8 + i], 0xdd);
		m[4 + i] = _mm512_shuffle_f32x4(a[4 + i], a[12 + i], 0x88);
		m[12 + i] = _mm512_shuffle_f32x4(a[4 + i], a[12 + i], 0xdd);
	}
}

/* ---- integers ---- */

typedef __m512i vi;

ALWAYS_INLINE vi vi_zero(void) { return _mm512_setzero_si512(); }
ALWAYS_INLINE vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
ALWAYS_INLINE void vi_store(void *p, vi a) { _mm512_storeu_si512(p, a); }
ALWAYS_INLINE vi vi_set8(int c) { return _mm512_set1_epi8((char)c); }
ALWAYS_INLINE vi vi_set16(int c) { return _mm512_set1_epi16((short)c); }
ALWAYS_INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
ALWAYS_INLINE vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
ALWAYS_INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
ALWAYS_INLINE vi vi_choose(vi mask, vi a, vi b) { return _mm512_ternarylogic_epi32(mask, a, b, 0xca); }
ALWAYS_INLINE vi vi_shl16(vi a, int n) { return _mm512_slli_epi16(a, (unsigned)n); }
ALWAYS_INLINE vi vi_shl32(vi a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }
ALWAYS_INLINE vi vi_shr16(vi a, int n) { return _mm512_srli_epi16(a, (unsigned)n); }
ALWAYS_INLINE vi vi_sar32(vi a, int n) { return _mm512_srai_epi32(a, (unsigned)n); }
ALWAYS_INLINE vi vi_shr32(vi a, int n) { return _mm512_srli_epi32(a, (unsigned)n); }
ALWAYS_INLINE vi vi_u16(const void *p) { return _mm512_cvtepu16_epi32(_mm256_loadu_si256(p)); }
ALWAYS_INLINE vi vi_u8(const void *p) { return _mm512_cvtepu8_epi32(_mm_loadu_si128(p)); }
/* 2 * V bytes at P, twice. */
ALWAYS_INLINE vi vi_twice(const void *p) { return _mm512_broadcast_i64x4(_mm256_loadu_si256(p)); }
/* The lower half of A and the upper one of B. */
ALWAYS_INLINE vi vi_halves(vi a, vi b) { return _mm512_mask_blend_epi64(0xf0, a, b); }
/* 16 bytes, as vi_lookup16() takes them. */
ALWAYS_INLINE vi vi_table16(const void *p) { return _mm512_broadcast_i32x4(_mm_loadu_si128(p)); }
/* The bytes of TABLE that the bytes of INDEX, at most 15, name. */
ALWAYS_INLINE vi vi_lookup16(vi table, vi index) { return _mm512_shuffle_epi8(table, index); }
/* The number of TABLE that the low three bits of each index name. */
ALWAYS_INLINE vf
v_lookup8(const float *table, vi index)
{
	return _mm512_permutexvar_ps(index, _mm512_broadcast_f32x8(_mm256_loadu_ps(table)));
}

ALWAYS_INLINE vi vi_add16(vi a, vi b) { return _mm512_add_epi16(a, b); }
ALWAYS_INLINE vi vi_add32(vi a, vi b) { return _mm512_add_epi32(a, b); }
ALWAYS_INLINE vi vi_set32(int x) { return _mm512_set1_epi32(x); }
ALWAYS_INLINE vi vi_sub32(vi a, vi b) { return _mm512_sub_epi32(a, b); }
ALWAYS_INLINE vi vi_add64(vi a, vi b) { return _mm512_add_epi64(a, b); }
ALWAYS_INLINE vi vi_maddubs(vi u, vi s) { return _mm512_maddubs_epi16(u, s); }	/* saturates */
ALWAYS_INLINE vi vi_madd16(vi a, vi b) { return _mm512_madd_epi16(a, b); }
/* The lower words of EVEN and ODD, side by side. */
ALWAYS_INLINE vi
vi_pair16(vf even, vf odd)
{
	return _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_castps_si512(even), vi_shl32(_mm512_castps_si512(odd), 16));
}
ALWAYS_INLINE vi vi_abs8(vi a) { return _mm512_abs_epi8(a); }
/* A with the signs of B, where B is not 0. */
ALWAYS_INLINE vi vi_sign8(vi a, vi b) { return _mm512_mask_sub_epi8(a, _mm512_movepi8_mask(b), vi_zero(), a); }
ALWAYS_INLINE vf v_from_bits(vi a) { return _mm512_castsi512_ps(a); }
ALWAYS_INLINE vf v_from_i32(vi a) { return _mm512_cvtepi32_ps(a); }

/* Dword i of quarter j as dword j of quarter i. */
ALWAYS_INLINE vi
vi_in_order(vi a)
{
	return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), a);
}

/* Four vectors rounded to nearest even, as signed bytes. */
ALWAYS_INLINE vi
v_to_i8(const vf v[4])
{
	vi ab = _mm512_packs_epi32(_mm512_cvtps_epi32(v[0]), _mm512_cvtps_epi32(v[1]));
	vi cd = _mm512_packs_epi32(_mm512_cvtps_epi32(v[2]), _mm512_cvtps_epi32(v[3]));

	return vi_in_order(_mm512_packs_epi16(ab, cd));
}

/* The sums of each four dwords, of one vector after the other. */
ALWAYS_INLINE vi
vi_add_quads(const vi a[4])
{
	vi ab = vi_add32(_mm512_unpacklo_epi32(a[0], a[1]), _mm512_unpackhi_epi32(a[0], a[1]));
	vi cd = vi_add32(_mm512_unpacklo_epi32(a[2], a[3]), _mm512_unpackhi_epi32(a[2], a[3]));

	return vi_in_order(vi_add32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd)));
}

ALWAYS_INLINE vi
vi_broadcast32(const void *p)
{
	int32_t v;

	memcpy(&v, p, sizeof v);
	return _mm512_set1_epi32(v);
}

/* The compiler is not to rearrange what leads to A: it would do so for speed, and run out of registers. */
ALWAYS_INLINE void
vi_pin(vi *a)
{
#ifdef __AVX512F__
	__asm__("" : "+v"(*a));
#else
	(void)a;		/* emulated */
#endif
}

/* P, of which the compiler forgets what it points to. */
ALWAYS_INLINE void *v_forget(void *p) { __asm__("" : "+r"(p)); return p; }

/* Sum of bytes, added to the eight 64-bit sums of ACC. */
ALWAYS_INLINE vi
vi_add_bytes(vi acc, const void *p)
{
	return _mm512_add_epi64(acc, _mm512_sad_epu8(_mm512_loadu_si512(p), vi_zero()));
}

ALWAYS_INLINE int32_t vi_sum32(vi a) { return _mm512_reduce_add_epi32(a); }
ALWAYS_INLINE uint64_t vi_sum64(vi a) { return (uint64_t)_mm512_reduce_add_epi64(a); }

#endif
