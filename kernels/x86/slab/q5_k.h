/* Q5_K panels.  For each 256 columns: R d, R dmin (f16); the 12 scale bytes, each R times (one of every row); 8 lines of
 * highest bits: bit k of byte i of line j that of column 32 k + 4 j + i; 32 lines of low halves as Q4_K's. */
#ifndef KERNELS_X86_SLAB_Q5_K_H
#define KERNELS_X86_SLAB_Q5_K_H

#include "kernels/fmt/q5_k.h"
#include "kernels/x86/kquant.h"
#include "kernels/x86/slab/part.h"

ALWAYS_INLINE void
q5_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		const struct block_q5_k *block = (const void *)(rows + r * row_bytes);

		part_put_words(out, r, block, 2);
		part_put_bytes(out + 4 * V, r, block->scales, 12);
	}
	panel_lines(out + 16 * V, rows + offsetof(struct block_q5_k, qh), row_bytes, n_rows, V, 40, 0);
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
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++) {
		vi high = vi_load(p + 16 * V + 4 * V * g), both = vi_load(p + 48 * V + 32 * V * (block / 2) + 4 * V * g);

		code[g] = vi_or(part_bits(both, (int)block % 2 * 4, 4, 0), part_bits(high, (int)block, 1, 4));
	}
}

#endif
