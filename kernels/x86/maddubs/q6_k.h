/* Q6_K without VNNI: two pairs of codes 0..63 are at most 63 * 127 * 4 = 32004, which fits a word; dwords are made of
 * four times the words, whose zero point is that of off16.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_Q6_K_H
#define KERNELS_X86_MADDUBS_Q6_K_H

#include "kernels/x86/maddubs/slab_dot.h"
#include "kernels/x86/slab/q6_k.h"

/* Four times the V rows' products of 4 lines of codes with 16 activations. */
ALWAYS_INLINE vi
dot_codes6(const vi w[4], const char *q)
{
	const vi four = vi_set16(4);
	vi a = vi_add16(vi_maddubs(w[0], vi_broadcast32(q)), vi_maddubs(w[1], vi_broadcast32(q + 4)));
	vi b = vi_add16(vi_maddubs(w[2], vi_broadcast32(q + 8)), vi_maddubs(w[3], vi_broadcast32(q + 12)));

	return vi_add32(vi_madd16(a, four), vi_madd16(b, four));
}

/* The 32 columns of block B with the scales of both their halves, divided by four. */
ALWAYS_INLINE void
add_halves(const struct tile *tile, vf *sum, const vi w[8], vf scale0, vf scale1, size_t b, const int n)
{
	const vf bias0 = v_scale_of_bias(scale0);

	for (int t = 0; t < n; t++) {
		const char *q = tile_q(tile, t, b);
		vi acc0 = vi_add32(dot_codes6(w, q), tile_off16(tile, t, 2 * b));
		vi acc1 = vi_add32(dot_codes6(w + 4, q + 16), tile_off16(tile, t, 2 * b + 1));
		vf part = v_fma(v_unbiased(acc1), scale1, v_unbiased_mul(acc0, scale0, bias0));

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
		vf d = v_mul(v_f16(block), v_set1(0.25f));

		for (size_t j = 0; j < 8; j++) {
			const uint8_t *q = block + 18 * V + 24 * V * j;
			vf scale0 = v_mul(d, v_i8(scales + 2 * j * V));
			vf scale1 = v_mul(d, v_i8(scales + (2 * j + 1) * V));
			vi w[8];

			q6_k_unpack_lines(q, w);
			q6_k_unpack_lines(q + 12 * V, w + 4);
			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_shr16(w[g], 2), vi_set8(63));
			tile_read(tile, panel_q6_k_block_bytes(V) / 8);
			add_halves(tile, sum, w, scale0, scale1, b + j, n);
		}
	}
}

enum { SLAB_MIN_TOKENS = 3 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		tile_mul(m, tile_q6_k, panel_bytes(m->n_cols));
	else
		slab_mul_q6_k(m);
}

#endif
