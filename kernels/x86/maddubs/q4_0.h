/* Q4_0 without VNNI: the zero point of 8 is foff32 / 16.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_Q4_0_H
#define KERNELS_X86_MADDUBS_Q4_0_H

#include "kernels/x86/maddubs/few.h"
#include "kernels/x86/maddubs/slab_dot.h"
#include "kernels/x86/slab/q4_0.h"

/* The products ACC of codes as those of weights, which are whole numbers as well. */
ALWAYS_INLINE vf
v_signed4(vi acc, vf foff)
{
	return v_fma(foff, v_set1(0x1p-4f), v_from_i32(acc));
}

ALWAYS_INLINE void
tile_block_q4_0(const struct tile *tile, vf *sum, const uint8_t *codes, const uint8_t *scales, size_t b, const int n)
{
	const vi low = vi_set8(15);
	vf scale = v_f16(scales);
	vi w[8];

	for (int g = 0; g < 4; g++) {
		vi both = vi_load(codes + 4 * V * g);

		w[g] = vi_and(both, low);
		w[g + 4] = vi_and(vi_shr16(both, 4), low);
	}
	for (int t = 0; t < n; t++)
		sum[t] = v_fma(v_mul(v_signed4(dot_codes4(w, tile_q(tile, t, b)), tile_foff32(tile, t, b)), scale),
		    tile_d(tile, t, b), sum[t]);
}

ALWAYS_INLINE void
tile_q4_0(const struct tile *tile, vf *sum, const int n)
{
	tile_32(tile, sum, tile_block_q4_0, PANEL_Q4_0_LINES, n);
}

ALWAYS_INLINE void
few_q4_0(const struct few *f, few_sums sum, const int n)
{
	const vi low = vi_set8(15);

	for (size_t b = f->first; b < f->end; b++) {
		const uint8_t *scales = panel_32_scales(f->tile.panel, V, PANEL_Q4_0_LINES, b);
		const uint8_t *q = panel_32_block(f->tile.panel, V, PANEL_Q4_0_LINES, b);
		vf scale[FEW_PANELS];
		few_ints words;

		for (int p = 0; p < FEW_PANELS; p++)
			scale[p] = v_f16(scales + (size_t)p * f->panel_bytes);
		few_read(f, 18 * V);
		sum = v_forget(sum);
#pragma GCC unroll 4
		for (int g = 0; g < 4; g++) {
			few_lines both, line;

			for (int p = 0; p < FEW_PANELS; p++) {
				both[p] = vi_load(q + (size_t)p * f->panel_bytes + 4 * V * g);
				line[p] = vi_and(both[p], low);
			}
			few_words(words, line, g > 0, f, b, g, n);
			for (int p = 0; p < FEW_PANELS; p++)
				line[p] = vi_and(vi_shr16(both[p], 4), low);
			few_words(words, line, true, f, b, g + 4, n);
		}
		for (int t = 0; t < n; t++) {
			vf off = tile_foff32(&f->tile, t, b), d = tile_d(&f->tile, t, b);

			for (int p = 0; p < FEW_PANELS; p++)
				few_add(sum[t][p], v_signed4(vi_madd16(words[t][p], vi_set16(1)), off), scale[p], d);
		}
	}
}

enum { SLAB_MIN_TOKENS = 12 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		few_mul(m, tile_q4_0, few_q4_0, panel_bytes(m->n_cols));
	else
		slab_mul_q4_0(m);
}

#endif
