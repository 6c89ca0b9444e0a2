/* kernels/x86/avx512vnni/v.h and what AVX-512 BF16 adds. */
#ifndef KERNELS_X86_AMX_V_H
#define KERNELS_X86_AMX_V_H

#include "kernels/x86/avx512vnni/v.h"

/* Of each dword byte I, as a dword. */
ALWAYS_INLINE vi
vi_byte(vi a, int i)
{
	const __m128i which = _mm_setr_epi8((char)i, -1, -1, -1, (char)(4 + i), -1, -1, -1, (char)(8 + i), -1, -1, -1,
	    (char)(12 + i), -1, -1, -1);

	return _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(which));
}

/* As BF16, rounded to nearest even: A's numbers, then B's.  What is below 2^-126 becomes 0. */
ALWAYS_INLINE vi v_to_bf16(vf a, vf b) { return (vi)_mm512_cvtne2ps_pbh(b, a); }

/* The upper halves, by turns: a0 b0 a1 b1 .. */
ALWAYS_INLINE vi
v_upper_halves(vf a, vf b)
{
	return _mm512_mask_blend_epi16(0xaaaaaaaa, vi_shr32(_mm512_castps_si512(a), 16), _mm512_castps_si512(b));
}

#endif
