/* Q4_K: 256 weights in 8 blocks of 32, w = d * scale * code - dmin * min; codes of 4 bits, scale and min of 6. */
#ifndef KERNELS_FMT_Q4_K_H
#define KERNELS_FMT_Q4_K_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q4_k {
	uint16_t d, dmin;	/* f16 */
	uint8_t scales[12];	/* scale and min of each block, see q4_k_scales() */
	uint8_t qs[128];	/* 32 bytes for each pair of blocks: first block low halves, second high halves */
};
static_assert(sizeof(struct block_q4_k) == 144, "q4_k block");

/* Bytes 0-3 hold scales 0-3, bytes 4-7 mins 0-3, in their low 6 bits; bytes 8-11 the low 4 bits of scales 4-7 (low
 * half) and of mins 4-7 (high half), whose upper 2 bits are the top of bytes 0-3 and 4-7. */
static inline void
q4_k_scales(const struct block_q4_k *b, uint8_t scale[8], uint8_t min[8])
{
	const uint8_t *s = b->scales;

	for (int i = 0; i < 4; i++) {
		scale[i] = s[i] & 63;
		min[i] = s[4 + i] & 63;
		scale[4 + i] = (uint8_t)((s[8 + i] & 15) | s[i] >> 6 << 4);
		min[4 + i] = (uint8_t)(s[8 + i] >> 4 | s[4 + i] >> 6 << 4);
	}
}

static inline void
q4_k_set_scales(uint8_t s[12], const int8_t scale[8], const uint8_t min[8])
{
	for (int i = 0; i < 4; i++) {
		s[i] = (uint8_t)(scale[i] | scale[4 + i] >> 4 << 6);
		s[4 + i] = (uint8_t)(min[i] | min[4 + i] >> 4 << 6);
		s[8 + i] = (uint8_t)((scale[4 + i] & 15) | (min[4 + i] & 15) << 4);
	}
}

static inline void
q4_k_codes(const struct block_q4_k *b, uint8_t code[256])
{
	for (int i = 0; i < 128; i++) {
		int at = i / 32 * 64 + i % 32;

		code[at] = b->qs[i] & 15;
		code[at + 32] = b->qs[i] >> 4;
	}
}

#endif
