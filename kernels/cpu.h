/* What this processor and its operating system can run.  The only place that asks the processor. */
#ifndef KERNELS_CPU_H
#define KERNELS_CPU_H

#include <stdint.h>

/* Feature sets as kernels need them; a set counts only when the system saves the registers it uses. */
enum cpu_feature {
	CPU_AVX2 = 1 << 0,
	CPU_FMA = 1 << 1,
	CPU_F16C = 1 << 2,
	CPU_AVX_VNNI = 1 << 3,
	CPU_AVX512 = 1 << 4,		/* F, BW, DQ and VL together */
	CPU_VNNI = 1 << 5,		/* AVX512_VNNI */
	CPU_AVX512_BF16 = 1 << 6,
	CPU_AVX512_VBMI = 1 << 7,
	CPU_NEON = 1 << 8,		/* ARM's ASIMD */
	CPU_DOTPROD = 1 << 9,
	CPU_I8MM = 1 << 10,
	CPU_AMX = 1 << 11,		/* AMX_TILE, AMX_BF16 and AMX_INT8, and the system lets this process use tiles */
};

uint32_t cpu_features(void);		/* cpu_feature bits */

#endif
