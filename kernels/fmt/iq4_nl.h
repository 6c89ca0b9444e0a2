/* IQ4_NL: 32 weights, w = d * value[code], codes of 4 bits. */
#ifndef KERNELS_FMT_IQ4_NL_H
#define KERNELS_FMT_IQ4_NL_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_iq4_nl {
	uint16_t d;		/* f16 */
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_iq4_nl) == 18, "iq4_nl block");

#endif
