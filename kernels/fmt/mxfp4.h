/* MXFP4: 32 weights, w = 2^(e - 127) * value[code], codes of 4 bits (sign, 2 of exponent, 1 of mantissa).
 * Source: OCP Microscaling Formats (MX) 1.0.  The values here are doubled, so that they are whole. */
#ifndef KERNELS_FMT_MXFP4_H
#define KERNELS_FMT_MXFP4_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) block_mxfp4 {
	uint8_t e;
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_mxfp4) == 17, "mxfp4 block");

#endif
