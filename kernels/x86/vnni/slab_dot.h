/* Slabs with VNNI: all codes are taken whole, and products begin with what is in the accumulator.  Include after an
 * instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_SLAB_DOT_H
#define KERNELS_X86_VNNI_SLAB_DOT_H

/* Of 32 registers, twelve hold integer sums and twelve float sums; of 16, eight hold integer sums.
 * With a neighbour on the same core the number of instructions bounds the loop, alone the units that multiply.  For
 * SLAB_AT of six tokens products load what they broadcast, once for each panel: an instruction less for one more load.
 * With a neighbour, for none 0.91 of the speed, for four 0.94, for all 0.87, where loads bind. */
enum { SLAB_PANELS = 2, SLAB_TOKENS = V == 16 ? 6 : 4, SLAB_AT = 2, SLAB_WIDE_FLIP = 0x80 };

#include "kernels/x86/slab_dot.h"
#include "kernels/x86/vnni/vnni.h"

ALWAYS_INLINE bool
slab_is_biased(struct slab_kind kind)
{
	return !kind.tiny;
}

/* Without mins codes grow until their zero is 128: off32 and off16 then are what sums begin with, as they lie there. */
ALWAYS_INLINE int
slab_shift(struct slab_kind kind)
{
	return kind.mins || kind.tiny ? 0 : slab_zero_shift(kind);
}

/* ACC = the products of half or whole block H. */
ALWAYS_INLINE void
slab_dot(slab_sums acc, const struct slab *s, const struct slab_x *x, int h, struct slab_kind kind,
    const int n_panels, const int n)
{
	const int n_lines = kind.halves ? 4 : 8, n_at = n > 4 ? SLAB_AT : 0;
	const char *at[SLAB_AT];

	for (int t = 0; t < n_at; t++)
		at[t] = vi_dpbusd_base(slab_q(x, t));
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		for (int p = 0; p < n_panels; p++)
			acc[t][p] = slab_start_of(x, t, h, kind);
#pragma GCC unroll 8
	for (int g = 4 * h; g < 4 * h + n_lines; g++) {
#pragma GCC unroll 8
		for (int t = 0; t < n_at; t++)
			for (int p = 0; p < n_panels; p++)
				acc[t][p] = vi_dpbusd_at(acc[t][p], vi_load(s->line[g][p]), at[t] + 4 * g);
#pragma GCC unroll 8
		for (int t = n_at; t < n; t++) {
			vi q = vi_broadcast32(slab_q(x, t) + 4 * g);

			for (int p = 0; p < n_panels; p++)
				acc[t][p] = vi_dpbusd(acc[t][p], vi_load(s->line[g][p]), q);
		}
	}
}

/* The products of half or whole block H of one token. */
ALWAYS_INLINE vi
slab_dot_codes(const vi code[8], const struct slab_x *x, int h, struct slab_kind kind)
{
	const int n_lines = kind.halves ? 4 : 8;

	return dot_apart(slab_start_of(x, 0, h, kind), code + 4 * h, slab_q(x, 0) + 16 * h, n_lines, n_lines / 2);
}

/* Columns 4 G .. of number P of the panels. */
ALWAYS_INLINE void
slab_put(struct slab *s, int p, size_t g, vi codes, struct slab_kind kind)
{
	vi_store(s->line[g][p], vi_shl16(codes, slab_shift(kind)));
}

#endif
