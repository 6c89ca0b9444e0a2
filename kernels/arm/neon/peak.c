/* The peak of integer products with NEON; the loop is kernels/simd/peak.h. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/dot.h"
#include "kernels/simd/peak.h"

static uint32_t
peak_dot(const struct kern_peak *p, size_t rounds)
{
	return peak_dot_by(p, rounds, dot_bytes);
}

void
neon_peak(struct kern_vec *vec)
{
	vec->peak_dot4 = peak_dot;
	vec->peak_dot8 = peak_dot;
}
