/* Q6_K: codes are taken as 4 c = 4 w + 128, so accumulators start at off16 and the result is 4 times too large:
 * sum += (d scale0 * (w . q of 16) + d scale1 * (w . q of the next 16)) * dx.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_Q6_K_H
#define KERNELS_X86_VNNI_Q6_K_H

#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q6_k.h"
#include "kernels/x86/vnni/vnni.h"

/* The 32 columns of block B with the scales of both their halves. */
ALWAYS_INLINE void
add_halves(const struct tile *tile, vf *sum, const vi w[8], vf scale0, vf scale1, size_t b, const int n)
{
	const vf bias = v_scale_of_bias(scale0);
	vi acc[2][TILE_TOKENS];

#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		acc[0][t] = tile_off16(tile, t, 2 * b);
		acc[1][t] = tile_off16(tile, t, 2 * b + 1);
	}
	dot_lines(acc[0], w, tile, b, 0, 4, n);
	dot_lines(acc[1], w + 4, tile, b, 16, 4, n);
#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		vf part = v_fma(v_unbiased(acc[1][t]), scale1, v_unbiased_mul(acc[0][t], scale0, bias));

		sum[t] = v_fma(part, tile_d(tile, t, b), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q6_k(const struct tile *tile, vf *sum, const int n)
{
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q6_k_block_bytes(V)) {
		const uint8_t *scales = block + 2 * V;
		vf d = v_f16(block);

		for (size_t j = 0; j < 8; j++) {
			const uint8_t *q = block + 18 * V + 24 * V * j;
			vf scale0 = v_mul(d, v_i8(scales + 2 * j * V));
			vf scale1 = v_mul(d, v_i8(scales + (2 * j + 1) * V));
			vi w[8];

			q6_k_unpack_lines(q, w);
			q6_k_unpack_lines(q + 12 * V, w + 4);
			tile_read(tile, panel_q6_k_block_bytes(V) / 8);
			add_halves(tile, sum, w, scale0, scale1, b + j, n);
		}
	}
	tile_scale(sum, 0.25f, n);
}

enum { SLAB_MIN_TOKENS = 12 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		tile_mul(m, tile_q6_k, panel_bytes(m->n_cols));
	else
		slab_mul_q6_k(m);
}

#endif
