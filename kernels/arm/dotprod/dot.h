/* Products of bytes with SDOT: four products into a dword.  Include before the bodies in kernels/arm. */
#ifndef KERNELS_ARM_DOTPROD_DOT_H
#define KERNELS_ARM_DOTPROD_DOT_H

#include "kernels/arm/neon/v.h"

/* A line is 4 columns of 8 rows; a vector of sums is 4 rows times one token.  4 tokens: 8 sums, 8 dwords' sums, and
 * 8 vectors of weights. */
enum { LINE_COLS = 4, UNIT_TOKENS = 1, ROW_VECTORS = 2, TILE_UNITS = 4 };

/* 16 activations of one token. */
struct xs {
	int8x16_t v;
};

/* Sums of 8 rows. */
struct dots {
	int32x4_t v[ROW_VECTORS];
};

#include "kernels/arm/one_token.h"

ALWAYS_INLINE struct dots
dots_zero(void)
{
	return (struct dots){{vdupq_n_s32(0), vdupq_n_s32(0)}};
}

/* 4 lines, vectors of rows alternating. */
ALWAYS_INLINE void
dots_add(struct dots *sum, const int8x16_t w[8], struct xs x)
{
	for (int v = 0; v < ROW_VECTORS; v++) {
		sum->v[v] = vdotq_laneq_s32(sum->v[v], w[v], x.v, 0);
		sum->v[v] = vdotq_laneq_s32(sum->v[v], w[2 + v], x.v, 1);
		sum->v[v] = vdotq_laneq_s32(sum->v[v], w[4 + v], x.v, 2);
		sum->v[v] = vdotq_laneq_s32(sum->v[v], w[6 + v], x.v, 3);
	}
}

ALWAYS_INLINE int32x4_t
dots_get(const struct dots *sum, int v)
{
	return sum->v[v];
}

/* ACC and the products of bytes in its dwords, for kernels/simd/peak.h; 0 <= w. */
ALWAYS_INLINE vi
dot_bytes(vi acc, vi w, vi q)
{
	return vreinterpretq_u32_s32(vdotq_s32(vreinterpretq_s32_u32(acc), vreinterpretq_s8_u32(w), vreinterpretq_s8_u32(q)));
}

#endif
