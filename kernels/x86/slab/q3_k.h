/* Q3_K panels.  For each 256 columns: R d (f16); the 12 scale bytes, each R times (one of every row); 8 lines of highest
 * bits as Q5_K's; 16 lines of low bits: of line 8 h + j, columns 128 h + 4 j .., those 32, 64 and 96 further, from the
 * low bits up. */
#ifndef KERNELS_X86_SLAB_Q3_K_H
#define KERNELS_X86_SLAB_Q3_K_H

#include <stddef.h>

#include "kernels/fmt/q3_k.h"
#include "kernels/x86/slab/part.h"

ALWAYS_INLINE void
q3_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		const struct block_q3_k *block = (const void *)(rows + r * row_bytes);

		part_put_words(out, r, &block->d, 1);
		part_put_bytes(out + 2 * V, r, block->scales, 12);
	}
	panel_lines(out + 14 * V, rows + offsetof(struct block_q3_k, qh), row_bytes, n_rows, V, 24, 0);
}

ALWAYS_INLINE void
q3_k_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	const uint8_t *scales = p + 2 * V;
	vf d = v_f16(p);

	(void)n_blocks;
#pragma GCC unroll 16
	for (size_t j = 0; j < 16; j++) {
		vi low = part_byte_bits(scales + j % 8 * V, (int)(j / 8 * 4), 4);
		vi high = part_byte_bits(scales + (8 + j % 4) * V, (int)(j / 4 * 2), 2);
		vf scale = v_sub(v_from_i32(vi_or(vi_shl32(high, 4), low)), v_set1(32));

		v_store(s->scale[j % 2][j / 2], v_mul(d, scale));
	}
}

ALWAYS_INLINE void
q3_k_codes(vi code[8], const uint8_t *p, size_t block)
{
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++) {
		vi high = vi_load(p + 14 * V + 4 * V * g), low = vi_load(p + 46 * V + 32 * V * (block / 4) + 4 * V * g);

		code[g] = vi_or(part_bits(low, (int)(block % 4 * 2), 2, 0), part_bits(high, (int)block, 1, 2));
	}
}

#endif
