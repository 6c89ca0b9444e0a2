/* Formats of ternary.def with AVX2, the bits of kernels/ref/ternary.c: 256 weights of a row are unpacked into eight
 * vectors of codes, once for a group of tokens. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/act.h"
#include "kernels/fmt/ternary.h"
#include "kernels/x86/avx2/v.h"

enum { TOKENS = 32, CODES = TERNARY_LEN / 32 };

/* Gives the scale; N as in ternary_unpack. */
typedef float unpack_codes(vi code[CODES], const void *block, size_t n);

/* Codes of two bits from 32 bytes, 16 bits shifted at a time: what comes from the neighbour is masked off. */
ALWAYS_INLINE void
twos(vi code[4], const void *qs, int low_first)
{
	const vi mask = vi_set8(3);
	vi v = vi_load(qs);

	for (int i = 0; i < 4; i++)
		code[low_first ? i : 3 - i] = vi_and(vi_shr16(v, 2 * i), mask);
}

ALWAYS_INLINE float
unpack_tq2_0(vi code[CODES], const void *block, size_t n)
{
	const struct block_tq2_0 *b = block;

	(void)n;
	twos(code, b->qs, 1);
	twos(code + 4, b->qs + 32, 1);
	return _cvtsh_ss(b->d);
}

ALWAYS_INLINE float
unpack_i2_s(vi code[CODES], const void *block, size_t n)
{
	twos(code, block, 0);
	if (n == TERNARY_LEN)
		twos(code + 4, (const char *)block + 32, 0);
	else
		for (int i = 4; i < 8; i++)
			code[i] = vi_set8(1);
	return 1;
}

/* fraction * 3 >> 8 of every byte: how many of 256 / 3 and 512 / 3 it reaches. */
ALWAYS_INLINE vi
carry(vi fraction)
{
	vi one = _mm256_cmpeq_epi8(_mm256_max_epu8(fraction, vi_set8(86)), fraction);
	vi two = _mm256_cmpeq_epi8(_mm256_max_epu8(fraction, vi_set8(171)), fraction);

	return _mm256_sub_epi8(_mm256_sub_epi8(vi_zero(), one), two);
}

ALWAYS_INLINE vi
times_3(vi a)
{
	return _mm256_add_epi8(_mm256_add_epi8(a, a), a);
}

ALWAYS_INLINE float
unpack_tq1_0(vi code[CODES], const void *block, size_t n)
{
	const struct block_tq1_0 *b = block;
	__m128i digit[6], four[4];
	uint32_t qh;
	vi v;

	(void)n;
	v = vi_load(b->qs);
	for (int i = 0; i < 5; i++, v = times_3(v))
		code[i] = carry(v);
	/* 16 bytes of five digits below, 4 bytes of four above: digits of 16 weights follow each other. */
	memcpy(&qh, b->qh, sizeof qh);
	v = _mm256_set_m128i(_mm_cvtsi32_si128((int)qh), _mm_loadu_si128((const void *)(b->qs + 32)));
	for (int i = 0; i < 5; i++, v = times_3(v)) {
		vi both = carry(v);

		digit[i] = _mm256_castsi256_si128(both);
		if (i < 4)
			four[i] = _mm256_extracti128_si256(both, 1);
	}
	digit[5] = _mm_unpacklo_epi64(_mm_unpacklo_epi32(four[0], four[1]), _mm_unpacklo_epi32(four[2], four[3]));
	for (int i = 0; i < 3; i++)
		code[5 + i] = _mm256_set_m128i(digit[2 * i + 1], digit[2 * i]);
	return _cvtsh_ss(b->d);
}

ALWAYS_INLINE float
sum_by_halves(vf v)
{
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

/* One row times N <= TOKENS tokens from X on.  A pair of products is at most 762, eight of them fit 16 bits. */
ALWAYS_INLINE void
row_times(const struct kern_mul *m, const char *row, const char *x, size_t n, float *y, size_t chunk_bytes,
    unpack_codes *unpack)
{
	size_t whole = act_q8_token_len(m->n_cols);
	vf sum[TOKENS];

	for (size_t t = 0; t < n; t++)
		sum[t] = v_zero();
	for (size_t at = 0; at < m->n_cols; at += TERNARY_LEN, row += chunk_bytes) {
		vi code[CODES];
		vf d = v_set1(unpack(code, row, m->n_cols - at < TERNARY_LEN ? m->n_cols - at : TERNARY_LEN));

		for (size_t t = 0; t < n; t++) {
			const char *q = x + t * m->x_stride + at, *off = x + t * m->x_stride + whole + at / 8;
			vi s = vi_maddubs(code[0], vi_load(q));

			for (int i = 1; i < CODES; i++)
				s = vi_add16(s, vi_maddubs(code[i], vi_load(q + 32 * i)));
			s = vi_add32(vi_madd16(s, vi_set16(1)), vi_load(off));
			sum[t] = v_fma(v_from_i32(s), d, sum[t]);
		}
	}
	for (size_t t = 0; t < n; t++)
		y[t * m->y_stride] = sum_by_halves(sum[t]) * act_q8_token_at(x + t * m->x_stride, m->n_cols).d;
}

ALWAYS_INLINE void
mul(const struct kern_mul *m, enum qtype t, unpack_codes *unpack)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols), chunk_bytes = qtype_row_bytes(t, TERNARY_LEN);

	for (size_t token = 0; token < m->n_tokens; token += TOKENS) {
		size_t n = m->n_tokens - token < TOKENS ? m->n_tokens - token : TOKENS;

		for (size_t r = 0; r < m->n_rows; r++)
			row_times(m, (const char *)m->w + r * row_bytes, (const char *)m->x + token * m->x_stride, n,
			    m->y + token * m->y_stride + r, chunk_bytes, unpack);
	}
}

#define TERNARY(id) \
static void \
mul_##id(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, unpack_##id); \
}
#include "kernels/ternary.def"
#undef TERNARY

void
avx2_ternary(struct kern_mat mat[QT_COUNT])
{
#define TERNARY(id) mat[QT_##id].mul = mul_##id;
#include "kernels/ternary.def"
#undef TERNARY
}
