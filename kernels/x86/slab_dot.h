/* What a slab is (kernels/x86/slab.h).  Include after SLAB_PANELS, SLAB_TOKENS and SLAB_WIDE_FLIP, which an instruction
 * set's slab_dot.h defines. */
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
	float min[2][SLAB_PANELS][V];	/* / 128, to meet foff32 and off16 */
	float bias[SLAB_PANELS][V];	/* what ACT_BIAS is worth: ACT_BIAS_FLOAT * scale[0] */
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
	int top;			/* no code is larger; of 8 bits, codes are weights xored with SLAB_WIDE_FLIP */
	bool halves;			/* scales and mins for each 16 columns, not each 32 */
	bool mins;
	int zero;			/* a power of two */
	bool tiny;			/* scales may be too small to be divided, or too large for their bias */
	bool biased;			/* sums come with ACT_BIAS; slab_mul() sets it */
};

/* Integer sums of some tokens and panels. */
typedef vi slab_sums[SLAB_TOKENS][SLAB_PANELS];

/* Where some tokens keep what belongs to a block.  A load adds two registers for nothing: one for each token, and one for
 * each thing that it keeps. */
struct slab_x {
	const char *x[SLAB_TOKENS];
	size_t q, d, off;		/* bytes from a token's start; off16 with halves, foff32 with mins, else off32 */
};

/* Block B of N tokens from T on. */
ALWAYS_INLINE struct slab_x
slab_x_at(const struct kern_mul *m, size_t t, size_t b, struct slab_kind kind, const int n)
{
	const size_t cols = m->n_cols;
	struct slab_x x = {
		.q = 32 * b, .d = cols + 4 * b,
		.off = kind.halves ? cols + cols / 4 + 8 * b : cols + (kind.mins ? cols / 2 : cols / 8) + 4 * b,
	};

#pragma GCC unroll 8
	for (int i = 0; i < n; i++) {
		x.x[i] = (const char *)m->x + (t + (size_t)i) * m->x_stride;
		__asm__("" : "+r"(x.x[i]));
	}
	return x;
}

/* The next block.  The compiler is not to know how the three grow: it would keep a pointer of its own for each of them and
 * each token, more than there are registers. */
ALWAYS_INLINE void
slab_x_next(struct slab_x *x, struct slab_kind kind)
{
	x->q += 32;
	x->d += 4;
	x->off += kind.halves ? 8 : 4;
	__asm__("" : "+r"(x->q), "+r"(x->d), "+r"(x->off));
}

ALWAYS_INLINE const char *
slab_q(const struct slab_x *x, int t)
{
	return x->x[t] + x->q;
}

ALWAYS_INLINE vf
slab_d(const struct slab_x *x, int t)
{
	float d;

	memcpy(&d, x->x[t] + x->d, sizeof d);
	return v_set1(d);
}

/* Of half or whole block H, with ACT_BIAS; not of whole blocks with mins. */
ALWAYS_INLINE vi
slab_off(const struct slab_x *x, int t, int h)
{
	return vi_broadcast32(x->x[t] + x->off + 4 * h);
}

/* What the mins of half or whole block H meet. */
ALWAYS_INLINE vf
slab_min_off(const struct slab_x *x, int t, int h, struct slab_kind kind)
{
	vi off = slab_off(x, t, h);

	return kind.halves ? v_unbiased(off) : v_from_bits(off);
}

/* By how many bits codes of a kind without mins are shifted for their zero to be that of off32 and off16, 128. */
ALWAYS_INLINE int
slab_zero_shift(struct slab_kind kind)
{
	return 7 - __builtin_ctz((unsigned)kind.zero);
}

/* What the products of half or whole block H begin with, without a bias. */
ALWAYS_INLINE vi
slab_start(const struct slab_x *x, int t, int h, struct slab_kind kind)
{
	if (kind.mins)
		return vi_zero();
	return vi_unbiased_sar(slab_off(x, t, h), slab_zero_shift(kind));
}

/* What a slab's products begin with: codes are shifted where there is a bias. */
ALWAYS_INLINE vi
slab_start_of(const struct slab_x *x, int t, int h, struct slab_kind kind)
{
	if (!kind.biased)
		return slab_start(x, t, h, kind);
	return kind.mins ? vi_set32(ACT_BIAS) : slab_off(x, t, h);
}

#endif
