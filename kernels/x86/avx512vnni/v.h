/* kernels/x86/avx512/v.h and what AVX-512 VNNI adds. */
#ifndef KERNELS_X86_AVX512VNNI_V_H
#define KERNELS_X86_AVX512VNNI_V_H

#include "kernels/x86/avx512/v.h"

/* acc and in each dword the products of four unsigned bytes with four signed ones. */
ALWAYS_INLINE vi vi_dpbusd(vi acc, vi u, vi s) { return _mm512_dpbusd_epi32(acc, u, s); }

/* The same with four bytes at S that are broadcast: one instruction, which compilers make two.  The processor does, too,
 * unless S is one register (vi_dpbusd_base) and a constant. */
ALWAYS_INLINE vi
vi_dpbusd_at(vi acc, vi u, const void *s)
{
#ifdef __AVX512VNNI__
	__asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(u), "m"(*(const struct { char byte[4]; } *)s));
	return acc;
#else
	return vi_dpbusd(acc, u, vi_broadcast32(s));
#endif
}

ALWAYS_INLINE const char *vi_dpbusd_base(const char *s) { __asm__("" : "+r"(s)); return s; }

/* acc and in each dword the products of two signed words with two others. */
ALWAYS_INLINE vi vi_dpwssd(vi acc, vi a, vi b) { return _mm512_dpwssd_epi32(acc, a, b); }

#endif
