/* Products of bytes with NEON alone: SMULL and SMLAL into words, two products a word, SADALP into dwords.
 * Include after v.h, before the bodies in kernels/arm. */
#ifndef KERNELS_ARM_NEON_DOT_H
#define KERNELS_ARM_NEON_DOT_H

#include "kernels/arm/neon/v.h"

/* A line is 4 columns of 8 rows; a vector of sums is 4 rows times one token. */
enum { LINE_COLS = 4, UNIT_TOKENS = 1, ROW_VECTORS = 2, TILE_UNITS = 2 };

/* 16 activations of one token. */
struct xs {
	int8x16_t v;
};

/* Sums of 8 rows: two parts of rows 0 and 1 of a vector in low, of rows 2 and 3 in high. */
struct dots {
	int32x4_t low[ROW_VECTORS], high[ROW_VECTORS];
};

#include "kernels/arm/one_token.h"

ALWAYS_INLINE struct dots
dots_zero(void)
{
	int32x4_t zero = vdupq_n_s32(0);

	return (struct dots){{zero, zero}, {zero, zero}};
}

/* 4 lines, vectors of rows alternating, |w| <= 128. */
ALWAYS_INLINE void
dots_add(struct dots *sum, const int8x16_t w[8], struct xs x)
{
	int32x4_t x4 = vreinterpretq_s32_s8(x.v);
	int8x16_t at[4] = {
		vreinterpretq_s8_s32(vdupq_laneq_s32(x4, 0)), vreinterpretq_s8_s32(vdupq_laneq_s32(x4, 1)),
		vreinterpretq_s8_s32(vdupq_laneq_s32(x4, 2)), vreinterpretq_s8_s32(vdupq_laneq_s32(x4, 3)),
	};

	for (int v = 0; v < ROW_VECTORS; v++)
		for (int j = 0; j < 4; j += 2) {
			int8x16_t a = w[2 * j + v], b = w[2 * j + 2 + v];
			int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(at[j]));
			int16x8_t high = vmull_high_s8(a, at[j]);

			low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(at[j + 1]));
			high = vmlal_high_s8(high, b, at[j + 1]);
			sum->low[v] = vpadalq_s16(sum->low[v], low);
			sum->high[v] = vpadalq_s16(sum->high[v], high);
		}
}

ALWAYS_INLINE int32x4_t
dots_get(const struct dots *sum, int v)
{
	return vpaddq_s32(sum->low[v], sum->high[v]);
}

/* ACC and the products of bytes in its dwords, for kernels/simd/peak.h; 0 <= w. */
ALWAYS_INLINE vi
dot_bytes(vi acc, vi w, vi q)
{
	int8x16_t a = vreinterpretq_s8_u32(w), b = vreinterpretq_s8_u32(q);
	int16x8_t words = vmlal_high_s8(vmull_s8(vget_low_s8(a), vget_low_s8(b)), a, b);

	return vreinterpretq_u32_s32(vpadalq_s16(vreinterpretq_s32_u32(acc), words));
}

#endif
