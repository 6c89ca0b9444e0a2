/* Q3_K: 256 weights in 16 blocks of 16, w = d * (scale - 32) * (code - 4); codes of 3 bits, scales of 6. */
#ifndef KERNELS_FMT_Q3_K_H
#define KERNELS_FMT_Q3_K_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q3_k {
	uint8_t qh[32];		/* bit k of byte i: highest bit of code 32 k + i */
	uint8_t qs[64];		/* low bits; byte i of each 32: weights i, i + 32, i + 64, i + 96 from the low bits up */
	uint8_t scales[12];	/* 0-7: low 4 bits of scales j (low half) and j + 8; 8-11: high 2 of j, j + 4, j + 8, j + 12 */
	uint16_t d;		/* f16 */
};
static_assert(sizeof(struct block_q3_k) == 110, "q3_k block");

#endif
