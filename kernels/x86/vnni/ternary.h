/* Ternary formats with VNNI: the sums are dwords from the start.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_TERNARY_H
#define KERNELS_X86_VNNI_TERNARY_H

ALWAYS_INLINE vi
dot_codes(vi acc, vi codes, vi q)
{
	return vi_dpbusd(acc, codes, q);
}

ALWAYS_INLINE vi
dot_sums(vi acc)
{
	return acc;
}

#include "kernels/x86/ternary.h"

#endif
