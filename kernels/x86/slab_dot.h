/* What a slab is (kernels/x86/slab.h).  Include after SLAB_PANELS and SLAB_TOKENS, which an instruction set's slab_dot.h
 * defines. */
#ifndef KERNELS_X86_SLAB_DOT_H
#define KERNELS_X86_SLAB_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/x86/tile.h"

enum {
	SLAB_BLOCKS = 8,		/* unpacked at a time: a super-block */
	SLAB_STRETCH = 16,		/* blocks that are multiplied at a time: some 10 KB for AVX2 */
};

/* 32 columns of some panels. */
struct slab {
	float min[2][SLAB_PANELS][V];	/* / 128, to meet off32 and off16 */
	float scale[2][SLAB_PANELS][V];	/* one, or of each half, as slab_put_scale stores them */
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
	bool tiny;			/* scales may be too small to be divided */
};

/* Integer sums of some tokens and panels. */
typedef vi slab_sums[SLAB_TOKENS][SLAB_PANELS];

/* Where tokens keep what belongs to a block. */
struct slab_x {
	const char *x;			/* first token */
	size_t stride;
	size_t q, d, off;		/* bytes from a token's start; off16 with halves, else off32 */
};

/* Block B of token T and those behind it.  With six tokens the compiler is not to know how the three grow from block to
 * block: it would keep a pointer of its own for each of them and each token, more than there are registers. */
ALWAYS_INLINE struct slab_x
slab_x_at(const struct kern_mul *m, size_t t, size_t b, struct slab_kind kind)
{
	const size_t n = m->n_cols;
	struct slab_x x = {
		(const char *)m->x + t * m->x_stride, m->x_stride, 32 * b, n + 4 * b,
		kind.halves ? n + n / 4 + 8 * b : n + n / 8 + 4 * b,
	};

	if (SLAB_TOKENS > 4)
		__asm__("" : "+r"(x.q), "+r"(x.d), "+r"(x.off));
	return x;
}

ALWAYS_INLINE const char *
slab_q(const struct slab_x *x, int t)
{
	return x->x + (size_t)t * x->stride + x->q;
}

ALWAYS_INLINE vf
slab_d(const struct slab_x *x, int t)
{
	float d;

	memcpy(&d, x->x + (size_t)t * x->stride + x->d, sizeof d);
	return v_set1(d);
}

/* Of half or whole block H. */
ALWAYS_INLINE vi
slab_off(const struct slab_x *x, int t, int h)
{
	return vi_broadcast32(x->x + (size_t)t * x->stride + x->off + 4 * h);
}

/* What the products of half or whole block H begin with. */
ALWAYS_INLINE vi
slab_start(const struct slab_x *x, int t, int h, struct slab_kind kind)
{
	if (kind.mins)
		return vi_zero();
	return kind.zero == 128 ? slab_off(x, t, h) : vi_sar32(slab_off(x, t, h), __builtin_ctz(128 / (unsigned)kind.zero));
}

#endif
