/* Q5_0 panels.  For each 32 columns: R d (f16); a line of highest bits, bit g of byte i that of column 4 g + i; 4 lines of low
 * halves. */
#ifndef KERNELS_X86_SLAB_Q5_0_H
#define KERNELS_X86_SLAB_Q5_0_H

#include "kernels/x86/slab/part.h"

/* A line of bits from the file's dword BITS, and the codes behind it. */
ALWAYS_INLINE void
q5_put(uint8_t *out, const uint8_t *bits, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		uint32_t v;

		memcpy(&v, bits + r * row_bytes, sizeof v);
		v = part_turn_bits(v);
		memcpy(out + 4 * r, &v, sizeof v);
	}
	panel_lines(out + 4 * V, bits + 4, row_bytes, n_rows, V, 4, 0);
}

ALWAYS_INLINE void
q5_codes(vi code[8], const uint8_t *lines)
{
	vi high = vi_load(lines);

	part_nibbles(code, lines + 4 * V);
#pragma GCC unroll 8
	for (size_t g = 0; g < 8; g++)
		code[g] = vi_or(code[g], part_bits(high, (int)g, 1, 4));
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
	q5_codes(code, p + 22 * V * block + 2 * V);
}

#endif
