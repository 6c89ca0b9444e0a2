/* Q5_K: 256 weights in 8 blocks of 32, w = d * scale * code - dmin * min; codes of 5 bits, scale and min of 6. */
#ifndef KERNELS_FMT_Q5_K_H
#define KERNELS_FMT_Q5_K_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/fmt/q4_k.h"

struct __attribute__((packed)) block_q5_k {
	uint16_t d, dmin;	/* f16 */
	uint8_t scales[12];	/* as Q4_K's */
	uint8_t qh[32];		/* bit k of byte i: highest bit of code 32 k + i */
	uint8_t qs[128];	/* 32 bytes for each pair of blocks: first block low halves, second high halves */
};
static_assert(sizeof(struct block_q5_k) == 176, "q5_k block");
static_assert(offsetof(struct block_q5_k, scales) == offsetof(struct block_q4_k, scales), "q5_k begins as q4_k");

#endif
