/* What the panels of kernels/x86/slab are made of.  R is V here: rows side by side.  Include after v.h. */
#ifndef KERNELS_X86_SLAB_PART_H
#define KERNELS_X86_SLAB_PART_H

#include <string.h>

#include "kernels/f16.h"
#include "kernels/x86/panel.h"
#include "kernels/x86/slab_dot.h"

/* Numbers of 2 bytes of row R, number after number. */
ALWAYS_INLINE void
part_put_words(uint8_t *out, size_t r, const void *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		memcpy(out + 2 * (i * V + r), (const uint8_t *)words + 2 * i, 2);
}

ALWAYS_INLINE void
part_put_bytes(uint8_t *out, size_t r, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i * V + r] = bytes[i];
}

/* Columns 4 g .. in the low halves of line g, 16 + 4 g .. in the high ones. */
ALWAYS_INLINE void
part_nibbles(vi code[8], const uint8_t *lines)
{
	const vi low = vi_set8(15);

#pragma GCC unroll 4
	for (size_t g = 0; g < 4; g++) {
		vi both = vi_load(lines + 4 * V * g);

		code[g] = vi_and(both, low);
		code[g + 4] = vi_and(vi_shr16(both, 4), low);
	}
}

/* 2^N_BITS - 1 of every byte's bits from AT on, moved to bit TO. */
ALWAYS_INLINE vi
part_bits(vi a, int at, int n_bits, int to)
{
	return vi_and(at < to ? vi_shl16(a, to - at) : at > to ? vi_shr16(a, at - to) : a,
	    vi_set8(((1 << n_bits) - 1) << to));
}

/* The same of V bytes as V numbers. */
ALWAYS_INLINE vi
part_byte_bits(const uint8_t *p, int at, int n_bits)
{
	return vi_and(vi_shr32(vi_u8(p), at), vi_set8((1 << n_bits) - 1));
}

/* A row's bit 4 g + i to bit 8 i + g: byte i of a line then has column 4 g + i in bit g. */
static inline uint32_t
part_turn_bits(uint32_t bits)
{
	uint32_t x;

	/* twice an unshuffle of even and odd bits (Warren, Hacker's Delight, 7-2) */
	for (int i = 0; i < 2; i++) {
		x = (bits ^ bits >> 1) & 0x22222222u, bits ^= x ^ x << 1;
		x = (bits ^ bits >> 2) & 0x0c0c0c0cu, bits ^= x ^ x << 2;
		x = (bits ^ bits >> 4) & 0x00f000f0u, bits ^= x ^ x << 4;
		x = (bits ^ bits >> 8) & 0x0000ff00u, bits ^= x ^ x << 8;
	}
	return bits;
}

#endif
