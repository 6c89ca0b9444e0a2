/* Q5_K panels.  For each 256 columns: R d, R dmin (f16); the 12 scale bytes, each R times (one of every row); for each 32
 * columns 5 lines of codes (part_to_fives). */
#ifndef KERNELS_X86_SLAB_Q5_K_H
#define KERNELS_X86_SLAB_Q5_K_H

#include "kernels/fmt/q5_k.h"
#include "kernels/x86/kquant.h"
#include "kernels/x86/slab/part.h"

/* 16 codes of block K from column AT of it on. */
ALWAYS_INLINE __m128i
q5_k_bytes(const struct block_q5_k *b, int k, int at)
{
	__m128i both = _mm_loadu_si128((const void *)(b->qs + k / 2 * 32 + at));
	__m128i high = _mm_loadu_si128((const void *)(b->qh + at));

	return _mm_or_si128(_mm_and_si128(_mm_srli_epi16(both, k % 2 * 4), _mm_set1_epi8(15)),
	    _mm_slli_epi16(_mm_and_si128(_mm_srli_epi16(high, k), _mm_set1_epi8(1)), 4));
}

ALWAYS_INLINE void
q5_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	uint8_t fives[V][8][20];

	for (size_t r = 0; r < n_rows; r++) {
		const struct block_q5_k *b = (const void *)(rows + r * row_bytes);

		part_put_words(out, r, b, 2);
		part_put_bytes(out + 4 * V, r, b->scales, 12);
		for (int k = 0; k < 8; k++)
			part_to_fives(fives[r][k], q5_k_bytes(b, k, 0), q5_k_bytes(b, k, 16));
	}
	panel_lines(out + 16 * V, fives[0][0], sizeof fives[0], n_rows, V, 40, 0);
}

ALWAYS_INLINE void
q5_k_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	(void)n_blocks;
	q4_k_unpack_scales(p, s->scale[0][0], s->min[0][0], V);
}

ALWAYS_INLINE void
q5_k_codes(vi code[8], const uint8_t *p, size_t block)
{
	part_fives(code, p + 16 * V + 20 * V * block);
}

#endif
