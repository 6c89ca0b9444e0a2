/* Sums in 16 lanes (kernels/ref/ref.h) for any vector width.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_LANES_H
#define KERNELS_SIMD_LANES_H

enum { LANES = 16, LANE_VECTORS = LANES / V };

struct lanes {
	vf v[LANE_VECTORS];
};

ALWAYS_INLINE struct lanes
lanes_zero(void)
{
	struct lanes l;

	for (int i = 0; i < LANE_VECTORS; i++)
		l.v[i] = v_zero();
	return l;
}

ALWAYS_INLINE float
lanes_sum(struct lanes l)
{
	for (int half = LANE_VECTORS / 2; half > 0; half /= 2)
		for (int i = 0; i < half; i++)
			l.v[i] = v_add(l.v[i], l.v[i + half]);
	return v_sum(l.v[0]);
}

/* How many of the V numbers of vector I at AT exist when there are N in all. */
ALWAYS_INLINE size_t
lanes_left(size_t n, size_t at, int i)
{
	size_t first = at + (size_t)i * V;

	return first >= n ? 0 : n - first < V ? n - first : V;
}

#endif
