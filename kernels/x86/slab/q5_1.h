/* Q5_1 panels.  For each 32 columns: R d, R m (f16), then as Q5_0. */
#ifndef KERNELS_X86_SLAB_Q5_1_H
#define KERNELS_X86_SLAB_Q5_1_H

#include "kernels/x86/slab/q5_0.h"

ALWAYS_INLINE void
q5_1_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++)
		part_put_words(out, r, rows + r * row_bytes, 2);
	q5_put(out + 4 * V, rows + 4, row_bytes, n_rows);
}

ALWAYS_INLINE void
q5_1_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	for (size_t j = 0; j < n_blocks; j++) {
		v_store(s->scale[0][j], v_f16(p + 24 * V * j));
		v_store(s->min[0][j], v_mul(v_f16(p + 24 * V * j + 2 * V), v_set1(-0x1p-7f)));
	}
}

ALWAYS_INLINE void
q5_1_codes(vi code[8], const uint8_t *p, size_t block)
{
	part_fives(code, p + 24 * V * block + 4 * V);
}

#endif
