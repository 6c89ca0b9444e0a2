/* Q4_K: codes are unsigned already; the mins meet the sums of the activations in floats:
 * sum += (d scale * (code . q) + dmin min / 128 * foff32) * dx.
 * Codes in high halves are taken as they stand there, 16 times too large, with a 16th of the scale.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_Q4_K_H
#define KERNELS_X86_VNNI_Q4_K_H

#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q4_k.h"
#include "kernels/x86/vnni/vnni.h"

ALWAYS_INLINE void
add_block_min(const struct tile *tile, vf *sum, const vi w[8], vf scale, vf min, size_t b, const int n)
{
	const vf bias = v_scale_of_bias(scale);
	vi acc[TILE_TOKENS];

#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		acc[t] = vi_set32(ACT_BIAS);
	dot_lines(acc, w, tile, b, 0, 8, n);
#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		vf part = v_fma(tile_foff32(tile, t, b), min, v_unbiased_mul(acc[t], scale, bias));

		sum[t] = v_fma(part, tile_d(tile, t, b), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q4_k(const struct tile *tile, vf *sum, const int n)
{
	const vi low = vi_set8(0x0f), high = vi_set8(0xf0);
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q4_k_block_bytes(V)) {
		float scale[8][V], min[8][V];

		q4_k_unpack_scales(block, scale[0], min[0], V);
		for (size_t j = 0; j < 8; j += 2) {
			const uint8_t *q = block + 16 * V + 16 * V * j;
			vi w[8];

			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_load(q + 4 * V * g), low);
			add_block_min(tile, sum, w, v_load(scale[j]), v_load(min[j]), b + j, n);
			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_load(q + 4 * V * g), high);
			add_block_min(tile, sum, w, v_mul(v_load(scale[j + 1]), v_set1(1.0f / 16)), v_load(min[j + 1]),
			    b + j + 1, n);
			tile_read(tile, panel_q4_k_block_bytes(V) / 4);
		}
	}
}

enum { SLAB_MIN_TOKENS = 9 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		tile_mul(m, tile_q4_k, panel_bytes(m->n_cols));
	else
		slab_mul_q4_k(m);
}

#endif
