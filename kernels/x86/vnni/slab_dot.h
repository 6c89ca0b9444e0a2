/* Slabs with VNNI: all codes are taken whole, and products begin with what is in the accumulator.  Include after an
 * instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_SLAB_DOT_H
#define KERNELS_X86_VNNI_SLAB_DOT_H

#include "kernels/x86/slab_dot.h"
#include "kernels/x86/tile.h"

/* acc[p * n + t] = start[t] + the products of lines LINE .. LINE + N_LINES of slab p with token t. */
ALWAYS_INLINE void
slab_dot(vi *acc, const vi *start, const struct slab *s, const struct tile *tile, size_t b, size_t line, const int n_lines,
    struct slab_kind kind, const int n_panels, const int n)
{
	(void)kind;
#pragma GCC unroll 8
	for (int i = 0; i < n_panels * n; i++)
		acc[i] = start[i % n];
#pragma GCC unroll 8
	for (int g = 0; g < n_lines; g++) {
		size_t at = line + (size_t)g;

#pragma GCC unroll 8
		for (int t = 0; t < n; t++) {
			vi x = vi_broadcast32(tile_q(tile, t, b) + 4 * (at % 8));

#pragma GCC unroll 8
			for (int p = 0; p < n_panels; p++)
				acc[p * n + t] = vi_dpbusd(acc[p * n + t], vi_load(s[p].w[at]), x);
		}
	}
}

/* START + the products of N_LINES lines with the activations at Q. */
ALWAYS_INLINE vi
slab_dot_codes(vi start, const vi *code, const char *q, const int n_lines, struct slab_kind kind)
{
	(void)kind;
#pragma GCC unroll 8
	for (int g = 0; g < n_lines; g++)
		start = vi_dpbusd(start, code[g], vi_broadcast32(q + 4 * g));
	return start;
}

ALWAYS_INLINE void
slab_put(struct slab *s, size_t line, vi codes, const int top)
{
	(void)top;
	vi_store(s->w[line], codes);
}

#endif
