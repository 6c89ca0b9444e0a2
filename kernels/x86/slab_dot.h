/* What a slab is (kernels/x86/slab.h).  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_SLAB_DOT_H
#define KERNELS_X86_SLAB_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kern.h"

/* Slabs and tokens that are multiplied at a time: sums of them all stay in registers. */
enum { SLAB_BLOCKS = 8, SLAB_PANELS = V == 16 ? 1 : 2, SLAB_TOKENS = V == 16 ? 8 : 4, SLAB_SUMS = 8 };

/* Line i: columns 4 i .. 4 i + 3 of V rows. */
struct slab {
	uint8_t w[64][4 * V] __attribute__((aligned(64)));	/* codes, unsigned */
	uint8_t high[64][4 * V];		/* without VNNI, codes above 127: their high halves; w holds the low ones */
	float scale[2][SLAB_BLOCKS][V];		/* [half of the block][block] */
	float min[2][SLAB_BLOCKS][V];		/* / 128, to meet off32 and off16 */
};

/* w = scale * (code - 128 >> zero_shift), or scale * code - 128 * min.  All but zero_shift are constants where this
 * is inlined. */
struct slab_kind {
	int top;			/* no code is larger */
	bool halves;			/* scales and mins for each 16 columns, not each 32 */
	bool mins;
	int zero_shift;
};

#endif
