/* What scores of any kind of keys share.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_KV_TILE_H
#define KERNELS_SIMD_KV_TILE_H

#include "kernels/kern.h"

enum {
	LINE_VECTORS = KV_PANEL / V,
	FEW = 4,			/* so many rows, or less, are not worth a buffer of floats */
	AHEAD = 2048,			/* bytes of keys that are fetched ahead for few rows */
};

#endif
