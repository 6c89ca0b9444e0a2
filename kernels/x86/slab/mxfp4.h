/* MXFP4 panels.  For each 32 columns: R exponents, 4 lines of codes.  In slabs: the doubled values + 16. */
#ifndef KERNELS_X86_SLAB_MXFP4_H
#define KERNELS_X86_SLAB_MXFP4_H

#include "kernels/x86/slab/part.h"

ALWAYS_INLINE void
mxfp4_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++)
		out[r] = rows[r * row_bytes];
	panel_lines(out + V, rows + 1, row_bytes, n_rows, V, 4, 0);
}

/* 2^(e - 128); the lowest two are subnormal. */
ALWAYS_INLINE void
mxfp4_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	for (size_t j = 0; j < n_blocks; j++) {
		for (size_t r = 0; r < V; r++) {
			uint32_t e = p[17 * V * j + r], bits = e < 2 ? 0x00200000u << e : (e - 1) << 23;

			memcpy(&s->scale[0][j][r], &bits, sizeof bits);
		}
	}
}

ALWAYS_INLINE void
mxfp4_codes(vi code[8], const uint8_t *p, size_t block)
{
	static const uint8_t values[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

	part_nibbles(code, p + 17 * V * block + V);
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++)
		code[g] = vi_lookup16(vi_table16(values), code[g]);
}

#endif
