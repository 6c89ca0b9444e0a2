/* Products of bytes with SMMLA: 2 rows of 8 columns times 2 tokens into 2 x 2 dwords.  A token without a partner is
 * its own: that costs no more than SDOT would.  Include before the bodies in kernels/arm. */
#ifndef KERNELS_ARM_I8MM_DOT_H
#define KERNELS_ARM_I8MM_DOT_H

#include "kernels/arm/neon/v.h"

/* A line is 8 columns of 8 rows; a vector of sums is 2 rows times 2 tokens: row 0 of both, then row 1 of both. */
enum { LINE_COLS = 8, UNIT_TOKENS = 2, ROW_VECTORS = 4, TILE_UNITS = 2 };

/* 16 activations of both tokens, 8 columns a vector. */
struct xs {
	int8x16_t v[2];
};

struct dots {
	int32x4_t v[ROW_VECTORS];
};

struct sums {
	vf v[ROW_VECTORS];
};

ALWAYS_INLINE struct xs
xs_load(const char *const *x, size_t at)
{
	uint64x2_t a = vreinterpretq_u64_u8(vld1q_u8((const uint8_t *)x[0] + at));
	uint64x2_t b = vreinterpretq_u64_u8(vld1q_u8((const uint8_t *)x[1] + at));

	return (struct xs){{vreinterpretq_s8_u64(vzip1q_u64(a, b)), vreinterpretq_s8_u64(vzip2q_u64(a, b))}};
}

/* The dwords that stand AT bytes behind the tokens' starts. */
ALWAYS_INLINE uint32x4_t
unit_dword(const char *const *x, size_t at)
{
	uint32_t d[2];

	memcpy(&d[0], x[0] + at, sizeof d[0]);
	memcpy(&d[1], x[1] + at, sizeof d[1]);
	return vreinterpretq_u32_u64(vdupq_n_u64((uint64_t)d[1] << 32 | d[0]));
}

/* Numbers of rows 0-3 and 4-7 to where these rows' sums stand. */
ALWAYS_INLINE struct sums
rows_spread(vf low, vf high)
{
	return (struct sums){{vzip1q_f32(low, low), vzip2q_f32(low, low), vzip1q_f32(high, high), vzip2q_f32(high, high)}};
}

/* Rows 4 HALF.. of token T of the unit. */
ALWAYS_INLINE vf
rows_of(const struct sums *s, int t, int half)
{
	vf a = s->v[2 * half], b = s->v[2 * half + 1];

	return t ? vuzp2q_f32(a, b) : vuzp1q_f32(a, b);
}

ALWAYS_INLINE struct dots
dots_zero(void)
{
	int32x4_t zero = vdupq_n_s32(0);

	return (struct dots){{zero, zero, zero, zero}};
}

/* 2 lines of 4 pairs of rows. */
ALWAYS_INLINE void
dots_add(struct dots *sum, const int8x16_t w[8], struct xs x)
{
	for (int v = 0; v < ROW_VECTORS; v++) {
		sum->v[v] = vmmlaq_s32(sum->v[v], w[v], x.v[0]);
		sum->v[v] = vmmlaq_s32(sum->v[v], w[4 + v], x.v[1]);
	}
}

ALWAYS_INLINE int32x4_t
dots_get(const struct dots *sum, int v)
{
	return sum->v[v];
}

#endif
