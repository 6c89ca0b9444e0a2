/* IQ4_XS panels.  For each 256 columns: R d (f16); the 2 bytes of high and the 4 of low parts of the scales, each R times
 * (one of every row); 32 lines of codes, 4 a block of 32. */
#ifndef KERNELS_X86_SLAB_IQ4_XS_H
#define KERNELS_X86_SLAB_IQ4_XS_H

#include <stddef.h>

#include "kernels/fmt/iq4_xs.h"
#include "kernels/x86/slab/iq4_nl.h"

ALWAYS_INLINE void
iq4_xs_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		part_put_words(out, r, rows + r * row_bytes, 1);
		part_put_bytes(out + 2 * V, r, rows + r * row_bytes + 2, 6);
	}
	panel_lines(out + 8 * V, rows + offsetof(struct block_iq4_xs, qs), row_bytes, n_rows, V, 32, 0);
}

ALWAYS_INLINE void
iq4_xs_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	vf d = v_f16(p);

	(void)n_blocks;
#pragma GCC unroll 8
	for (size_t k = 0; k < 8; k++) {
		vi high = part_byte_bits(p + 2 * V + k / 4 * V, (int)(k % 4 * 2), 2);
		vi low = part_byte_bits(p + 4 * V + k / 2 * V, (int)(k % 2 * 4), 4);

		v_store(s->scale[0][k], v_mul(d, v_sub(v_from_i32(vi_or(vi_shl32(high, 4), low)), v_set1(32))));
	}
}

ALWAYS_INLINE void
iq4_xs_codes(vi code[8], const uint8_t *p, size_t block)
{
	iq4_values_of(code, p + 8 * V + 16 * V * block);
}

#endif
