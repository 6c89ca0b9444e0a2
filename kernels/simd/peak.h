/* What the units for arithmetic can do at most (kern_vec.peak_*), in loops that hardly load anything.  Include after an
 * instruction set's v.h.
 * Twelve sums: an instruction takes four or five cycles and two begin in each.  They stay in registers only where every
 * loop over them is unrolled, and GCC does so by itself up to some size only. */
#ifndef KERNELS_SIMD_PEAK_H
#define KERNELS_SIMD_PEAK_H

#include "kernels/kern.h"

enum { PEAK_SUMS = 12, VECTOR_BYTES = 4 * V };

/* Otherwise the compiler would see that all rounds are the same. */
#define PEAK_NEXT_ROUND() __asm__ volatile("" ::: "memory")

ALWAYS_INLINE uint32_t
peak_total(const vi *acc, int n)
{
	uint32_t dwords[PEAK_SUMS * V], sum = 0;

#pragma GCC unroll 12
	for (int i = 0; i < n; i++)
		vi_store(dwords + i * V, acc[i]);
	for (int i = 0; i < n * V; i++)
		sum += dwords[i];
	return sum;
}

/* DOT(acc, w, q): acc and in each dword the products of its four bytes. */
ALWAYS_INLINE uint32_t
peak_dot_by(const struct kern_peak *p, size_t rounds, vi (*dot)(vi acc, vi w, vi q))
{
	uint32_t sum = 0;

	for (size_t at = 0; at < sizeof p->q[0]; at += VECTOR_BYTES) {
		vi acc[PEAK_SUMS];

#pragma GCC unroll 12
		for (int i = 0; i < PEAK_SUMS; i++)
			acc[i] = vi_zero();
		for (size_t r = 0; r < rounds; r++) {
#pragma GCC unroll 24
			for (int i = 0; i < 24; i++)
				acc[i % PEAK_SUMS] = dot(acc[i % PEAK_SUMS], vi_load(p->w[i / 3] + at),
				    vi_load(p->q[i % 3] + at));
			PEAK_NEXT_ROUND();
		}
		sum += peak_total(acc, PEAK_SUMS);
	}
	return sum;
}

#endif
