/* A unit of one token (kernels/arm/tile.h): a vector of sums is four rows.  Included by dot.h of neon and dotprod. */
#ifndef KERNELS_ARM_ONE_TOKEN_H
#define KERNELS_ARM_ONE_TOKEN_H

struct sums {
	vf v[ROW_VECTORS];
};

ALWAYS_INLINE struct xs
xs_load(const char *const *x, size_t at)
{
	return (struct xs){vreinterpretq_s8_u8(vld1q_u8((const uint8_t *)x[0] + at))};
}

/* The dword that stands AT bytes behind the token's start. */
ALWAYS_INLINE uint32x4_t
unit_dword(const char *const *x, size_t at)
{
	uint32_t d;

	memcpy(&d, x[0] + at, sizeof d);
	return vdupq_n_u32(d);
}

/* Numbers of rows 0-3 and 4-7 to where these rows' sums stand. */
ALWAYS_INLINE struct sums
rows_spread(vf low, vf high)
{
	return (struct sums){{low, high}};
}

/* Rows 4 HALF.. of token T of the unit. */
ALWAYS_INLINE vf
rows_of(const struct sums *s, int t, int half)
{
	(void)t;
	return s->v[half];
}

#endif
