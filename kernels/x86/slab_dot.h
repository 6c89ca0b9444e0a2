/* What a slab is (kernels/x86/slab.h).  Include after SLAB_PANELS, which an instruction set's slab_dot.h defines. */
#ifndef KERNELS_X86_SLAB_DOT_H
#define KERNELS_X86_SLAB_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/x86/tile.h"

enum {
	SLAB_BLOCKS = 8,		/* unpacked at a time: a super-block */
	SLAB_STRETCH = 16,		/* blocks that are multiplied at a time: some 10 KB for AVX2 */
	SLAB_TOKENS = TILE_TOKENS,	/* and tokens */
};

/* 32 columns of some panels. */
struct slab {
	float min[2][SLAB_PANELS][V];	/* / 128, to meet off32 and off16 */
	float scale[2][SLAB_PANELS][V];	/* one, or of each half */
	uint8_t line[8][SLAB_PANELS][4 * V];	/* line i: columns 4 i .. 4 i + 3 of V rows, as slab_put stores them */
};

/* Of SLAB_BLOCKS blocks, as a format unpacks them. */
struct slab_scales {
	float scale[2][SLAB_BLOCKS][V];	/* [half of the block][block] */
	float min[2][SLAB_BLOCKS][V];
};

/* w = scale * (code - zero), or scale * code - 128 * min.  All are constants where this is inlined. */
struct slab_kind {
	int top;			/* no code is larger */
	bool halves;			/* scales and mins for each 16 columns, not each 32 */
	bool mins;
	int zero;			/* a power of two */
};

/* Integer sums of some tokens and panels. */
typedef vi slab_sums[SLAB_TOKENS][SLAB_PANELS];

/* What the products of half or whole block H begin with. */
ALWAYS_INLINE vi
slab_start(const struct tile *tile, int t, size_t b, int h, struct slab_kind kind)
{
	if (kind.mins)
		return vi_zero();
	return vi_sar32(kind.halves ? tile_off16(tile, t, 2 * b + (size_t)h) : tile_off32(tile, t, b),
	    __builtin_ctz(128 / (unsigned)kind.zero));
}

#endif
