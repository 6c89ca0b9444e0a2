/* Sixteen numbers beside each other in plain C: what kernels/encode is written with.  kernels/simd/encode_lane.h is the
 * same with vectors; every operation rounds alike, so both give the same bits. */
#ifndef KERNELS_ENCODE_LANE_C_H
#define KERNELS_ENCODE_LANE_C_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/f16.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };

struct lane {
	float v[LANES];
};

struct lane_index {
	uint32_t v[LANES];
};

#define LANE_DO(expression) \
	struct lane y; \
	for (int i = 0; i < LANES; i++) \
		y.v[i] = (expression); \
	return y

ALWAYS_INLINE struct lane lane_set(float f) { LANE_DO(f); }
ALWAYS_INLINE struct lane lane_load(const float *p) { LANE_DO(p[i]); }
ALWAYS_INLINE void lane_store(float *p, struct lane a) { memcpy(p, a.v, sizeof a.v); }
ALWAYS_INLINE struct lane lane_add(struct lane a, struct lane b) { LANE_DO(a.v[i] + b.v[i]); }
ALWAYS_INLINE struct lane lane_sub(struct lane a, struct lane b) { LANE_DO(a.v[i] - b.v[i]); }
ALWAYS_INLINE struct lane lane_mul(struct lane a, struct lane b) { LANE_DO(a.v[i] * b.v[i]); }
ALWAYS_INLINE struct lane lane_div(struct lane a, struct lane b) { LANE_DO(a.v[i] / b.v[i]); }
/* a b + c, rounded once */
ALWAYS_INLINE struct lane lane_fma(struct lane a, struct lane b, struct lane c) { LANE_DO(fmaf(a.v[i], b.v[i], c.v[i])); }
/* B where either is NaN. */
ALWAYS_INLINE struct lane lane_min(struct lane a, struct lane b) { LANE_DO(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
ALWAYS_INLINE struct lane lane_max(struct lane a, struct lane b) { LANE_DO(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
/* To the nearest whole number, ties to even; |a| < 2^22. */
ALWAYS_INLINE struct lane lane_round(struct lane a) { LANE_DO(a.v[i] + 0x1.8p23f - 0x1.8p23f); }
/* To the nearest f16. */
ALWAYS_INLINE struct lane lane_f16(struct lane a) { LANE_DO(f16_to_f32(f16_from_f32(a.v[i]))); }
/* a < b ? x : y */
ALWAYS_INLINE struct lane
lane_if_less(struct lane a, struct lane b, struct lane x, struct lane y_)
{
	LANE_DO(a.v[i] < b.v[i] ? x.v[i] : y_.v[i]);
}

/* The least; none is NaN. */
ALWAYS_INLINE float
lane_least(struct lane a)
{
	float least = a.v[0];

	for (int i = 1; i < LANES; i++)
		least = a.v[i] < least ? a.v[i] : least;
	return least;
}

ALWAYS_INLINE struct lane_index
lane_index_load(const uint16_t *p)
{
	struct lane_index y;

	for (int i = 0; i < LANES; i++)
		y.v[i] = p[i];
	return y;
}

/* table[index >> shift & 7] */
ALWAYS_INLINE struct lane
lane_lookup(const float table[8], struct lane_index index, int shift)
{
	LANE_DO(table[index.v[i] >> shift & 7]);
}

#undef LANE_DO
#endif
