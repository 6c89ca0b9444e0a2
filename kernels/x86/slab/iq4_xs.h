/* IQ4_XS panels.  For each 256 columns: R d (f16); 4 and 2 bytes that hold the scales, each R times (one of every row); 32
 * lines of codes, 4 a block of 32.  A scale - 32 stands in the upper six bits of a byte: its sign is that of the byte, and d
 * is divided by four.
 *	byte j of the four	bits 2 .. 7: scale j; bits 0, 1: bits 4, 5 of scale 4 + j
 *	byte j of the two	bits 0 .. 3: those of scale 4 + j; bits 4 .. 7: of scale 6 + j */
#ifndef KERNELS_X86_SLAB_IQ4_XS_H
#define KERNELS_X86_SLAB_IQ4_XS_H

#include <stddef.h>

#include "kernels/fmt/iq4_xs.h"
#include "kernels/x86/slab/iq4_nl.h"

/* Scale J - 32, six bits. */
ALWAYS_INLINE unsigned
iq4_xs_scale(const struct block_iq4_xs *b, unsigned j)
{
	return ((b->scales_l[j / 2] >> j % 2 * 4 & 15) | (b->scales_h >> 2 * j & 3) << 4) ^ 32;
}

ALWAYS_INLINE void
iq4_xs_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows)
{
	for (size_t r = 0; r < n_rows; r++) {
		const struct block_iq4_xs *b = (const void *)(rows + r * row_bytes);
		uint8_t byte[6];

		for (unsigned j = 0; j < 4; j++)
			byte[j] = (uint8_t)(iq4_xs_scale(b, j) << 2 | iq4_xs_scale(b, 4 + j) >> 4);
		for (unsigned j = 0; j < 2; j++)
			byte[4 + j] = (uint8_t)((iq4_xs_scale(b, 4 + j) & 15) | iq4_xs_scale(b, 6 + j) << 4);
		part_put_words(out, r, b, 1);
		part_put_bytes(out + 2 * V, r, byte, 6);
	}
	panel_lines(out + 8 * V, rows + offsetof(struct block_iq4_xs, qs), row_bytes, n_rows, V, 32, 0);
}

ALWAYS_INLINE void
iq4_xs_scales(struct slab_scales *s, const uint8_t *p, size_t n_blocks)
{
	const vf d = v_mul(v_f16(p), v_set1(0.25f));
	const vi upper6 = vi_set8(0xfc);
	vi a = vi_load(p + 2 * V), b = vi_twice(p + 6 * V);
	int8_t bytes[2][4 * V], *byte;

	(void)n_blocks;
	vi_store(bytes[0], vi_and(a, upper6));
	b = vi_halves(vi_shl16(b, 2), vi_shr16(b, 2));
	vi_store(bytes[1], vi_and(vi_choose(vi_set8(0xc0), vi_shl16(a, 6), b), upper6));
	byte = v_forget(bytes);		/* to be loaded: taking a register apart costs more */
#pragma GCC unroll 8
	for (size_t k = 0; k < 8; k++)
		v_store(s->scale[0][k], v_mul(d, v_i8(byte + k * V)));
}

ALWAYS_INLINE void
iq4_xs_codes(vi code[8], const uint8_t *p, size_t block)
{
	iq4_values_of(code, p + 8 * V + 16 * V * block);
}

#endif
