/* Q8_0: 32 weights, w = d * q, q a signed byte. */
#ifndef KERNELS_FMT_Q8_0_H
#define KERNELS_FMT_Q8_0_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_q8_0 {
	uint16_t d;		/* f16 */
	int8_t qs[32];
};
static_assert(sizeof(struct block_q8_0) == 34, "q8_0 block");

#endif
