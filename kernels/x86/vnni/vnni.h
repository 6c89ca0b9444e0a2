/* Integer products with VNNI (VPDPBUSD: four unsigned times four signed bytes into each dword).
 * Registers of a tile: 8 weight lines of a block of 32 columns, TILE_TOKENS float sums (8 of AVX-512's 32 registers, 4
 * of AVX-VNNI's 16), the scale, and temporaries; activations are broadcast straight from memory.
 * Include after the v.h of an instruction set that has it. */
#ifndef KERNELS_X86_VNNI_VNNI_H
#define KERNELS_X86_VNNI_VNNI_H

#include "kernels/x86/tile.h"

/* acc + the V rows' products with N_LINES groups of four activations. */
ALWAYS_INLINE vi
dot_lines(vi acc, const vi *w, const char *q, int n_lines)
{
	for (int g = 0; g < n_lines; g++)
		acc = vi_dpbusd(acc, w[g], vi_broadcast32(q + 4 * g));
	return acc;
}

/* sum[t] += (off + w . q) * (scale * dx) for block B. */
ALWAYS_INLINE void
add_block(const struct tile *tile, vf *sum, const vi w[8], vf scale, size_t b, const int n)
{
	for (int t = 0; t < n; t++) {
		vi acc = dot_lines(tile_off32(tile, t, b), w, tile_q(tile, t, b), 8);

		sum[t] = v_fma(v_from_i32(acc), v_mul(scale, tile_d(tile, t, b)), sum[t]);
	}
}

#endif
