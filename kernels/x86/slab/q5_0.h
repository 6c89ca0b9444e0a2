/* Q5_0 panels.  For each 32 columns: R d (f16), 5 lines of codes (part_to_fives). */
#ifndef KERNELS_X86_SLAB_Q5_0_H
#define KERNELS_X86_SLAB_Q5_0_H

#include "kernels/x86/slab/part.h"

/* Blocks of all rows: each a dword of highest bits, and the low halves behind it. */
ALWAYS_INLINE void
q5_put(uint8_t *out, const uint8_t *bits, size_t row_bytes, size_t n_rows)
{
	uint8_t fives[V][20];

	for (size_t r = 0; r < n_rows; r++) {
		__m128i low = _mm_set1_epi8(15), both = _mm_loadu_si128((const void *)(bits + r * row_bytes + 4));
		uint32_t high, bit4[8];

		memcpy(&high, bits + r * row_bytes, sizeof high);
		for (size_t g = 0; g < 8; g++)
			bit4[g] = ((high >> 4 * g & 15) * 0x00204081 & 0x01010101) << 4;	/* bit i moves to 8 i */
		part_to_fives(fives[r],
		    _mm_or_si128(_mm_and_si128(both, low), _mm_loadu_si128((const void *)bit4)),
		    _mm_or_si128(_mm_and_si128(_mm_srli_epi16(both, 4), low), _mm_loadu_si128((const void *)(bit4 + 4))));
	}
	panel_lines(out, fives[0], sizeof fives[0], n_rows, V, 5, 0);
}

ALWAYS_INLINE void
q5_0_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++)
		part_put_words(out, r, rows + r * row_bytes, 1);
	q5_put(out + 2 * V, rows + 2, row_bytes, n_rows);
}

ALWAYS_INLINE void
q5_0_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	for (size_t j = 0; j < n_blocks; j++)
		v_store(s->scale[0][j], v_f16(p + 22 * V * j));
}

ALWAYS_INLINE void
q5_0_codes(vi code[8], const uint8_t *p, size_t block)
{
	part_fives(code, p + 22 * V * block + 2 * V);
}

#endif
