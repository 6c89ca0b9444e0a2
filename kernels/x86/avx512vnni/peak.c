/* The peak of integer products with AVX-512 VNNI, the same for all bits of weights. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/simd/peak.h"

static uint32_t
peak_dot(const struct kern_peak *p, size_t rounds)
{
	return peak_dot_by(p, rounds, vi_dpbusd);
}

void
avx512vnni_peak(struct kern_vec *vec)
{
	vec->peak_dot4 = peak_dot;
	vec->peak_dot8 = peak_dot;
}
