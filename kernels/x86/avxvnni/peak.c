/* The peak of integer products with AVX-VNNI, the same for all bits of weights. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/simd/peak.h"

static uint32_t
peak_dot(const struct kern_peak *p, size_t rounds)
{
	return peak_dot_by(p, rounds, vi_dpbusd);
}

void
avxvnni_peak(struct kern_vec *vec)
{
	vec->peak_dot4 = peak_dot;
	vec->peak_dot8 = peak_dot;
}
