/* The peaks of integer products without VNNI.  A product of 8 bits is widened at once, of 4 bits after eight of them. */
#ifndef KERNELS_X86_MADDUBS_PEAK_H
#define KERNELS_X86_MADDUBS_PEAK_H

#include "kernels/simd/peak.h"

ALWAYS_INLINE vi
dot_bytes(vi acc, vi w, vi q)
{
	return vi_add32(acc, vi_madd16(vi_maddubs(w, q), vi_set16(1)));
}

static uint32_t
peak_dot8(const struct kern_peak *p, size_t rounds)
{
	return peak_dot_by(p, rounds, dot_bytes);
}

static uint32_t
peak_dot4(const struct kern_peak *p, size_t rounds)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < sizeof p->q[0]; at += VECTOR_BYTES) {
		vi acc[3] = {vi_zero(), vi_zero(), vi_zero()};

		for (size_t r = 0; r < rounds; r++) {
			for (int j = 0; j < 3; j++) {
				vi q = vi_load(p->q[j] + at), words = vi_maddubs(vi_load(p->w[0] + at), q);

				for (int i = 1; i < 8; i++)
					words = vi_add16(words, vi_maddubs(vi_load(p->w[i] + at), q));
				acc[j] = vi_add32(acc[j], vi_madd16(words, vi_set16(1)));
			}
			PEAK_NEXT_ROUND();
		}
		sum += peak_total(acc, 3);
	}
	return sum;
}

#endif
