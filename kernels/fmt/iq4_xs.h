/* IQ4_XS: 256 weights in 8 blocks of 32, w = d * (scale - 32) * value[code]; codes of 4 bits, scales of 6. */
#ifndef KERNELS_FMT_IQ4_XS_H
#define KERNELS_FMT_IQ4_XS_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_iq4_xs {
	uint16_t d;		/* f16 */
	uint16_t scales_h;	/* high 2 bits of the scales, from the low bits up */
	uint8_t scales_l[4];	/* low 4 bits, two a byte */
	uint8_t qs[128];	/* 16 bytes a block: weight i low half of byte i, 16 + i high half */
};
static_assert(sizeof(struct block_iq4_xs) == 136, "iq4_xs block");

#endif
