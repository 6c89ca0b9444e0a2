/* What the panels of kernels/x86/slab are made of.  R is V here: rows side by side.  Include after v.h. */
#ifndef KERNELS_X86_SLAB_PART_H
#define KERNELS_X86_SLAB_PART_H

#include <string.h>

#include "kernels/f16.h"
#include "kernels/x86/panel.h"
#include "kernels/x86/slab_dot.h"

/* Numbers of 2 bytes of row R, number after number. */
ALWAYS_INLINE void
part_put_words(uint8_t *out, size_t r, const void *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		memcpy(out + 2 * (i * V + r), (const uint8_t *)words + 2 * i, 2);
}

ALWAYS_INLINE void
part_put_bytes(uint8_t *out, size_t r, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i * V + r] = bytes[i];
}

/* Columns 4 g .. in the low halves of line g, 16 + 4 g .. in the high ones. */
ALWAYS_INLINE void
part_nibbles(vi code[8], const uint8_t *lines)
{
	const vi low = vi_set8(15);

#pragma GCC unroll 4
	for (size_t g = 0; g < 4; g++) {
		vi both = vi_load(lines + 4 * V * g);

		code[g] = vi_and(both, low);
		code[g + 4] = vi_and(vi_shr16(both, 4), low);
	}
}

/* 2^N_BITS - 1 of every byte's bits from AT on, moved to bit TO. */
ALWAYS_INLINE vi
part_bits(vi a, int at, int n_bits, int to)
{
	return vi_and(at < to ? vi_shl16(a, to - at) : at > to ? vi_shr16(a, at - to) : a,
	    vi_set8(((1 << n_bits) - 1) << to));
}

/* The same of V bytes as V numbers. */
ALWAYS_INLINE vi
part_byte_bits(const uint8_t *p, int at, int n_bits)
{
	return vi_and(vi_shr32(vi_u8(p), at), vi_set8((1 << n_bits) - 1));
}

/* Codes of 5 bits: the 8 lines of 32 columns in 5.  Bytes of line i < 5 hold the code of line i in bits 0 .. 4, and above it
 * three bits of the codes of lines 5, 6 and 7:
 *	lines 0, 1, 2	bits 2 .. 4 of line 5, 6, 7
 *	line 3		bits 0, 1 of line 5, then bit 1 of line 7
 *	line 4		bits 0, 1 of line 6, then bit 0 of line 7
 * LOWER and UPPER are a row's dwords of lines 0 .. 3 and 4 .. 7. */
ALWAYS_INLINE void
part_to_fives(uint8_t *out, __m128i lower, __m128i upper)
{
	const __m128i low2 = _mm_set1_epi8(3), bit2 = _mm_set1_epi8(4), last = _mm_set_epi32(-1, 0, 0, 0);
	const __m128i seven = _mm_shuffle_epi32(upper, 0xff);
	__m128i to012 = _mm_and_si128(_mm_srli_epi16(_mm_srli_si128(upper, 4), 2), _mm_set1_epi8(7));
	__m128i to3 = _mm_or_si128(_mm_and_si128(_mm_shuffle_epi32(upper, 0x55), low2),
	    _mm_and_si128(_mm_slli_epi16(seven, 1), bit2));
	__m128i to4 = _mm_or_si128(_mm_and_si128(_mm_srli_si128(upper, 8), low2),
	    _mm_and_si128(_mm_slli_epi16(seven, 2), bit2));
	int line4 = _mm_cvtsi128_si32(_mm_or_si128(upper, _mm_slli_epi16(to4, 5)));

	to012 = _mm_or_si128(to012, _mm_and_si128(to3, last));
	_mm_storeu_si128((void *)out, _mm_or_si128(lower, _mm_slli_epi16(to012, 5)));
	memcpy(out + 16, &line4, sizeof line4);
}

/* The codes of 8 lines from 5. */
ALWAYS_INLINE void
part_fives(vi code[8], const uint8_t *lines)
{
	vi line[5];

#pragma GCC unroll 5
	for (size_t i = 0; i < 5; i++) {
		line[i] = vi_load(lines + 4 * V * i);
		code[i] = vi_and(line[i], vi_set8(31));
	}
	code[5] = vi_or(part_bits(line[0], 5, 3, 2), part_bits(line[3], 5, 2, 0));
	code[6] = vi_or(part_bits(line[1], 5, 3, 2), part_bits(line[4], 5, 2, 0));
	code[7] = vi_or(part_bits(line[2], 5, 3, 2), vi_or(part_bits(line[3], 7, 1, 1), part_bits(line[4], 7, 1, 0)));
}

#endif
