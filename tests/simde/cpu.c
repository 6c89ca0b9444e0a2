/* What the kernels of a test build are told about the processor: one with AVX2 has everything, because what it lacks
 * is emulated (avx512.h).  kernels/cpu.c is compiled with its function called cpu_features_here. */
#include "kernels/cpu.h"

uint32_t cpu_features_here(void);

uint32_t
cpu_features(void)
{
	const uint32_t base = CPU_AVX2 | CPU_FMA | CPU_F16C;
	uint32_t f = cpu_features_here();

	return (f & base) == base ? ~0u : f;
}
