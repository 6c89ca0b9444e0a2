/* How a kernel table comes to be: ref_fill() sets every slot, then each isa.def row's <id>_fill() overrides what it
 * does faster.  Inside kernels/ only. */
#ifndef KERNELS_FILL_H
#define KERNELS_FILL_H

#include "kernels/kern.h"

#if defined(__x86_64__)
#define ISA_DEF "kernels/x86/isa.def"
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define ISA_DEF "kernels/arm/isa.def"
#else
#define ISA_DEF "kernels/isa_none.def"
#endif

void ref_fill(struct kern *k);
void blis_fill(struct kern *k);		/* mul_many of the dense formats, where an instruction set has none */
bool blis_serves(const struct kern_mat *mat);	/* whether its mul_many calls BLIS */

#define ISA(id, needs, flags) void id##_fill(struct kern *k);
#include ISA_DEF
#undef ISA

#endif
