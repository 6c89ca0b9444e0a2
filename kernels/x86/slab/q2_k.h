/* Q2_K panels.  For each 256 columns: R d, R dmin (f16); the 16 scale bytes, each R times (one of every row); 16 lines of codes
 * as Q3_K's low bits. */
#ifndef KERNELS_X86_SLAB_Q2_K_H
#define KERNELS_X86_SLAB_Q2_K_H

#include <stddef.h>

#include "kernels/fmt/q2_k.h"
#include "kernels/x86/slab/part.h"

ALWAYS_INLINE void
q2_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		const struct block_q2_k *block = (const void *)(rows + r * row_bytes);

		part_put_words(out, r, &block->d, 1);
		part_put_words(out + 2 * V, r, &block->dmin, 1);
		part_put_bytes(out + 4 * V, r, block->scales, 16);
	}
	panel_lines(out + 20 * V, rows + offsetof(struct block_q2_k, qs), row_bytes, n_rows, V, 16, 0);
}

ALWAYS_INLINE void
q2_k_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	vf d = v_f16(p), dmin = v_f16(p + 2 * V);

	(void)n_blocks;
#pragma GCC unroll 16
	for (size_t j = 0; j < 16; j++) {
		const uint8_t *both = p + 4 * V + j * V;

		v_store(s->scale[j % 2][j / 2], v_mul(d, v_from_i32(part_byte_bits(both, 0, 4))));
		v_store(s->min[j % 2][j / 2],
		    v_mul(v_mul(dmin, v_from_i32(part_byte_bits(both, 4, 4))), v_set1(0x1p-7f)));
	}
}

ALWAYS_INLINE void
q2_k_codes(vi code[8], const uint8_t *p, size_t block)
{
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++)
		code[g] = part_bits(vi_load(p + 20 * V + 32 * V * (block / 4) + 4 * V * g), (int)(block % 4 * 2), 2, 0);
}

#endif
