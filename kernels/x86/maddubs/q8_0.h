/* Q8_0 without VNNI: |w| times the activation with w's sign; a pair is at most 128 * 127 * 2 = 32512, which fits.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_Q8_0_H
#define KERNELS_X86_MADDUBS_Q8_0_H

#include "kernels/x86/maddubs/few.h"
#include "kernels/x86/maddubs/slab_dot.h"
#include "kernels/x86/slab/q8_0.h"

ALWAYS_INLINE void
tile_block_q8_0(const struct tile *tile, vf *sum, const uint8_t *codes, const uint8_t *scales, size_t b, const int n)
{
	const vi flip = vi_set8(0x80), one = vi_set16(1);
	vf scale = v_f16(scales);
	vi acc[TILE_TOKENS];

	for (int t = 0; t < n; t++)
		acc[t] = vi_zero();
	for (int g = 0; g < 8; g++) {
		vi w = vi_xor(vi_load(codes + 4 * V * g), flip), size = vi_abs8(w);

		for (int t = 0; t < n; t++) {
			vi x = vi_sign8(vi_broadcast32(tile_q(tile, t, b) + 4 * g), w);

			acc[t] = vi_add32(acc[t], vi_madd16(vi_maddubs(size, x), one));
		}
	}
	for (int t = 0; t < n; t++)
		sum[t] = v_fma(v_mul(v_from_i32(acc[t]), scale), tile_d(tile, t, b), sum[t]);
}

ALWAYS_INLINE void
tile_q8_0(const struct tile *tile, vf *sum, const int n)
{
	tile_32(tile, sum, tile_block_q8_0, PANEL_Q8_0_LINES, n);
}

ALWAYS_INLINE void
few_q8_0(const struct few *f, few_sums sum, const int n)
{
	for (size_t b = f->first; b < f->end; b++) {
		const uint8_t *scales = panel_32_scales(f->tile.panel, V, PANEL_Q8_0_LINES, b);
		const uint8_t *q = panel_32_block(f->tile.panel, V, PANEL_Q8_0_LINES, b);
		vf scale[FEW_PANELS];
		few_ints acc;

		for (int p = 0; p < FEW_PANELS; p++) {
			scale[p] = v_f16(scales + (size_t)p * f->panel_bytes);
			for (int t = 0; t < n; t++)
				acc[t][p] = vi_zero();
		}
		few_read(f, 34 * V);
		sum = v_forget(sum);
#pragma GCC unroll 8
		for (int g = 0; g < 8; g++) {
			few_lines w, size;

			for (int p = 0; p < FEW_PANELS; p++) {
				w[p] = vi_xor(vi_load(q + (size_t)p * f->panel_bytes + 4 * V * g), vi_set8(0x80));
				size[p] = vi_abs8(w[p]);
			}
			for (int t = 0; t < n; t++) {
				vi x = vi_broadcast32(tile_q(&f->tile, t, b) + 4 * g);

				for (int p = 0; p < FEW_PANELS; p++)
					acc[t][p] = add_signed(acc[t][p], size[p], w[p], x);
			}
		}
		for (int t = 0; t < n; t++)
			for (int p = 0; p < FEW_PANELS; p++)
				few_add(sum[t][p], v_from_i32(acc[t][p]), scale[p], tile_d(&f->tile, t, b));
	}
}

enum { SLAB_MIN_TOKENS = 16 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		few_mul(m, tile_q8_0, few_q8_0, panel_bytes(m->n_cols));
	else
		slab_mul_q8_0(m);
}

#endif
