/* Q2_K: 256 weights in 16 blocks of 16, w = d * scale * code - dmin * min; codes of 2 bits, scale and min of 4. */
#ifndef KERNELS_FMT_Q2_K_H
#define KERNELS_FMT_Q2_K_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q2_k {
	uint8_t scales[16];	/* low half the scale, high half the min */
	uint8_t qs[64];		/* byte i of each 32: weights i, i + 32, i + 64, i + 96 from the low bits up */
	uint16_t d, dmin;	/* f16 */
};
static_assert(sizeof(struct block_q2_k) == 84, "q2_k block");

#endif
