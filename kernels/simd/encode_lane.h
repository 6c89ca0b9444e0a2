/* Sixteen numbers beside each other (kernels/encode/lane_c.h) with vectors.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_ENCODE_LANE_H
#define KERNELS_SIMD_ENCODE_LANE_H

enum { LANES = 16, LANE_PARTS = LANES / V };

struct lane {
	vf v[LANE_PARTS];
};

struct lane_index {
	vi v[LANE_PARTS];
};

#define LANE_DO(expression) \
	struct lane y; \
	for (int i = 0; i < LANE_PARTS; i++) \
		y.v[i] = (expression); \
	return y

ALWAYS_INLINE struct lane lane_set(float f) { LANE_DO(v_set1(f)); }
ALWAYS_INLINE struct lane lane_load(const float *p) { LANE_DO(v_load(p + i * V)); }
ALWAYS_INLINE struct lane lane_add(struct lane a, struct lane b) { LANE_DO(v_add(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_sub(struct lane a, struct lane b) { LANE_DO(v_sub(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_mul(struct lane a, struct lane b) { LANE_DO(v_mul(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_div(struct lane a, struct lane b) { LANE_DO(v_div(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_fma(struct lane a, struct lane b, struct lane c) { LANE_DO(v_fma(a.v[i], b.v[i], c.v[i])); }
ALWAYS_INLINE struct lane lane_min(struct lane a, struct lane b) { LANE_DO(v_min(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_max(struct lane a, struct lane b) { LANE_DO(v_max(a.v[i], b.v[i])); }
ALWAYS_INLINE struct lane lane_round(struct lane a) { LANE_DO(v_round(a.v[i])); }

ALWAYS_INLINE struct lane
lane_if_less(struct lane a, struct lane b, struct lane x, struct lane y_)
{
	LANE_DO(v_if_less(a.v[i], b.v[i], x.v[i], y_.v[i]));
}

ALWAYS_INLINE void
lane_store(float *p, struct lane a)
{
	for (int i = 0; i < LANE_PARTS; i++)
		v_store(p + i * V, a.v[i]);
}

ALWAYS_INLINE struct lane
lane_f16(struct lane a)
{
	uint16_t half[LANES];

	for (int i = 0; i < LANE_PARTS; i++)
		v_f16_store_n(half + i * V, a.v[i], V);
	LANE_DO(v_f16(half + i * V));
}

ALWAYS_INLINE float
lane_least(struct lane a)
{
	float f[V];

	for (int i = 1; i < LANE_PARTS; i++)
		a.v[0] = v_min(a.v[0], a.v[i]);
	v_store(f, a.v[0]);
	/* Unrolled whole: else every step waits for the stores of the one before. */
#pragma GCC unroll 4
	for (int half = V / 2; half > 0; half /= 2)
#pragma GCC unroll 8
		for (int i = 0; i < half; i++)
			f[i] = f[i] < f[i + half] ? f[i] : f[i + half];
	return f[0];
}

ALWAYS_INLINE struct lane_index
lane_index_load(const uint16_t *p)
{
	struct lane_index y;

	for (int i = 0; i < LANE_PARTS; i++)
		y.v[i] = vi_u16(p + i * V);
	return y;
}

ALWAYS_INLINE struct lane
lane_lookup(const float table[8], struct lane_index index, int shift)
{
	LANE_DO(v_lookup8(table, vi_shr32(index.v[i], shift)));
}

#undef LANE_DO
#endif
