/* One block on its way into a file: what the encoder (kernels/encode) found, and how each format packs it. */
#ifndef KERNELS_FMT_PACK_H
#define KERNELS_FMT_PACK_H

#include <stdint.h>

struct fmt_found {
	uint16_t d, dmin;		/* f16; dmin is m where a format adds it */
	int8_t scale[16];		/* of each block, as the format counts them; mxfp4's exponent as a byte */
	uint8_t min[16];
	uint8_t code[256];		/* as stored: from 0 up; q8_0 the bits of a signed byte */
	/* code books only */
	uint16_t index[64];		/* of each group */
	uint8_t signs[32];		/* of eight weights each, the first in the lowest bit, set when negative */
	uint8_t shift[32];		/* of eight weights each: 1 when down */
};

#define PACKED(id) void fmt_##id##_pack(void *block, const struct fmt_found *f);
#include "kernels/packed.def"
#undef PACKED

/* 16 bytes of 32 codes: the first 16 in the low halves, the others in the high ones. */
static inline void
pack_nibbles(uint8_t qs[16], const uint8_t code[32])
{
	for (int i = 0; i < 16; i++)
		qs[i] = (uint8_t)((code[i] & 15) | code[16 + i] << 4);
}

/* 128 bytes of 256 codes: of each 64 the first 32 in the low halves, the others in the high ones. */
static inline void
pack_nibbles_k(uint8_t qs[128], const uint8_t code[256])
{
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < 32; i++)
			qs[32 * k + i] = (uint8_t)((code[64 * k + i] & 15) | code[64 * k + 32 + i] << 4);
}

/* 32 bytes of 128 codes of two bits: i, i + 32, i + 64, i + 96 from the low bits up. */
static inline void
pack_twos(uint8_t qs[32], const uint8_t code[128])
{
	for (int i = 0; i < 32; i++)
		qs[i] = (uint8_t)((code[i] & 3) | (code[32 + i] & 3) << 2 | (code[64 + i] & 3) << 4 | (code[96 + i] & 3) << 6);
}

#endif
