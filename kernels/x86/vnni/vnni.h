/* Integer products with VNNI (VPDPBUSD: four unsigned times four signed bytes into each dword).
 * Registers of a tile: 8 weight lines of a block of 32 columns, TILE_TOKENS float sums (8 of AVX-512's 32 registers, 4
 * of AVX-VNNI's 16), the scale, and temporaries; activations are broadcast straight from memory.
 * Include after the v.h of an instruction set that has it. */
#ifndef KERNELS_X86_VNNI_VNNI_H
#define KERNELS_X86_VNNI_VNNI_H

#include "kernels/x86/tile.h"

/* ACC and the products of N_LINES lines with the activations Q, in N_SUMS sums: a product waits for the one before it, and
 * those of one token alone would fill the scheduler with what waits. */
ALWAYS_INLINE vi
dot_apart(vi acc, const vi *w, const char *q, const int n_lines, const int n_sums)
{
	vi sum[4] = {acc, vi_zero(), vi_zero(), vi_zero()};

	q = vi_dpbusd_base(q);
#pragma GCC unroll 8
	for (int g = 0; g < n_lines; g++)
		sum[g % n_sums] = vi_dpbusd_at(sum[g % n_sums], w[g], q + 4 * g);
	for (int i = 1; i < n_sums; i++)
		sum[0] = vi_add32(sum[0], sum[i]);
	return sum[0];
}

/* ACC[t] += the V rows' products of N tokens with N_LINES lines, the first of which meets the activations AT bytes into
 * block B.  Line by line, so that other tokens stand between a product and the next one of the same. */
ALWAYS_INLINE void
dot_lines(vi *acc, const vi *w, const struct tile *tile, size_t b, int at, const int n_lines, const int n)
{
	const char *q[TILE_TOKENS];

#pragma GCC unroll 8
	for (int t = 0; n <= 2 && t < n; t++)
		acc[t] = dot_apart(acc[t], w, tile_q(tile, t, b) + at, n_lines, n_lines / (2 * n));
#pragma GCC unroll 8
	for (int t = 0; n > 2 && t < n; t++)
		q[t] = vi_dpbusd_base(tile_q(tile, t, b) + at);
#pragma GCC unroll 8
	for (int g = 0; n > 2 && g < n_lines; g++)
#pragma GCC unroll 8
		for (int t = 0; t < n; t++)
			acc[t] = vi_dpbusd_at(acc[t], w[g], q[t] + 4 * g);
}

/* sum[t] += scale * (off + w . q) * dx for block B. */
ALWAYS_INLINE void
add_block(const struct tile *tile, vf *sum, const vi w[8], vf scale, size_t b, const int n)
{
	const vf bias = v_scale_of_bias(scale);
	vi acc[TILE_TOKENS];

#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		acc[t] = tile_off32(tile, t, b);
	dot_lines(acc, w, tile, b, 0, 8, n);
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		sum[t] = v_fma(v_unbiased_mul(acc[t], scale, bias), tile_d(tile, t, b), sum[t]);
}

#endif
