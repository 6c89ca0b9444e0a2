/* Q4_1: 32 weights, w = d * code + m, codes of 4 bits. */
#ifndef KERNELS_FMT_Q4_1_H
#define KERNELS_FMT_Q4_1_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q4_1 {
	uint16_t d, m;		/* f16 */
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_q4_1) == 20, "q4_1 block");

#endif
