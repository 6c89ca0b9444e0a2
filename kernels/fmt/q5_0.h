/* Q5_0: 32 weights, w = d * (code - 16), codes of 5 bits. */
#ifndef KERNELS_FMT_Q5_0_H
#define KERNELS_FMT_Q5_0_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q5_0 {
	uint16_t d;		/* f16 */
	uint32_t qh;		/* bit i: highest bit of code i */
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_q5_0) == 22, "q5_0 block");

#endif
