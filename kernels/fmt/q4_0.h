/* Q4_0: 32 weights, w = d * (code - 8), codes of 4 bits. */
#ifndef KERNELS_FMT_Q4_0_H
#define KERNELS_FMT_Q4_0_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q4_0 {
	uint16_t d;		/* f16 */
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_q4_0) == 18, "q4_0 block");

static inline void
q4_0_codes(const struct block_q4_0 *b, uint8_t code[32])
{
	for (int i = 0; i < 16; i++) {
		code[i] = b->qs[i] & 15;
		code[16 + i] = b->qs[i] >> 4;
	}
}

#endif
