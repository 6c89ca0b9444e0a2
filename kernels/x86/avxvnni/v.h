/* kernels/x86/avx2/v.h and what AVX-VNNI adds. */
#ifndef KERNELS_X86_AVXVNNI_V_H
#define KERNELS_X86_AVXVNNI_V_H

#include "kernels/x86/avx2/v.h"

/* acc and in each dword the products of four unsigned bytes with four signed ones. */
ALWAYS_INLINE vi vi_dpbusd(vi acc, vi u, vi s) { return _mm256_dpbusd_avx_epi32(acc, u, s); }
ALWAYS_INLINE vi vi_dpbusd_at(vi acc, vi u, const void *s) { return vi_dpbusd(acc, u, vi_broadcast32(s)); }
ALWAYS_INLINE const char *vi_dpbusd_base(const char *s) { return s; }
/* acc and in each dword the products of two signed words with two others. */
ALWAYS_INLINE vi vi_dpwssd(vi acc, vi a, vi b) { return _mm256_dpwssd_avx_epi32(acc, a, b); }

#endif
