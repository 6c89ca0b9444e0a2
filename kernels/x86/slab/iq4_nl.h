/* IQ4_NL panels.  For each 32 columns: R d (f16), 4 lines of codes. */
#ifndef KERNELS_X86_SLAB_IQ4_NL_H
#define KERNELS_X86_SLAB_IQ4_NL_H

#include "kernels/fmt/iq4.h"
#include "kernels/x86/slab/part.h"

ALWAYS_INLINE void
iq4_nl_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++)
		part_put_words(out, r, rows + r * row_bytes, 1);
	panel_lines(out + 2 * V, rows + 2, row_bytes, n_rows, V, 4, 0);
}

ALWAYS_INLINE void
iq4_nl_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	for (size_t j = 0; j < n_blocks; j++)
		v_store(s->scale[0][j], v_f16(p + 18 * V * j));
}

ALWAYS_INLINE void
iq4_values_of(vi code[8], const uint8_t *lines)
{
	const vi values = vi_xor(vi_table16(iq4_values), vi_set8(SLAB_WIDE_FLIP));

	part_nibbles(code, lines);
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++)
		code[g] = vi_lookup16(values, code[g]);
}

ALWAYS_INLINE void
iq4_nl_codes(vi code[8], const uint8_t *p, size_t block)
{
	iq4_values_of(code, p + 18 * V * block + 2 * V);
}

#endif
