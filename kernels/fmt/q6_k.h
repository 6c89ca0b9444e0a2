/* Q6_K: 256 weights in 16 blocks of 16, w = d * scale * (code - 32); codes of 6 bits, scale a signed byte. */
#ifndef KERNELS_FMT_Q6_K_H
#define KERNELS_FMT_Q6_K_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q6_k {
	uint8_t ql[128];	/* low 4 bits of the codes */
	uint8_t qh[64];		/* high 2 bits */
	int8_t scales[16];
	uint16_t d;		/* f16 */
};
static_assert(sizeof(struct block_q6_k) == 210, "q6_k block");

/* Each half of 128 weights: 64 bytes of ql (weights 0-63 low halves, 64-127 high halves), 32 bytes of qh (byte i:
 * weights i, i + 32, i + 64, i + 96 from the low bits up). */
static inline void
q6_k_codes(const struct block_q6_k *b, uint8_t code[256])
{
	for (int part = 0; part < 8; part++) {		/* 32 codes each, four to a half */
		const uint8_t *ql = b->ql + part / 4 * 64 + part % 2 * 32, *qh = b->qh + part / 4 * 32;
		int low_shift = part % 4 / 2 * 4, high_shift = part % 4 * 2;

		for (int i = 0; i < 32; i++)
			code[part * 32 + i] =
			    (uint8_t)((ql[i] >> low_shift & 15) | (qh[i] >> high_shift & 3) << 4);
	}
}

#endif
