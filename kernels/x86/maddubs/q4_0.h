/* Q4_0 without VNNI: the zero point of 8 is off32 / 16.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_Q4_0_H
#define KERNELS_X86_MADDUBS_Q4_0_H

#include "kernels/x86/maddubs/unpacked.h"

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
	for (int t = 0; t < n; t++) {
		vi acc = vi_add32(dot_codes4(w, tile_q(tile, t, b)), vi_sar32(tile_off32(tile, t, b), 4));

		sum[t] = v_fma(v_from_i32(acc), v_mul(scale, tile_d(tile, t, b)), sum[t]);
	}
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
		few_prefetch(f, 18 * V * b, 18 * V);
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
			vi off = vi_sar32(tile_off32(&f->tile, t, b), 4);
			vf d = tile_d(&f->tile, t, b);

			for (int p = 0; p < FEW_PANELS; p++)
				few_add(sum[t][p], vi_add32(vi_madd16(words[t][p], vi_set16(1)), off), scale[p], d);
		}
	}
}

ALWAYS_INLINE void
unpack_q4_0(struct unpacked *u, int p, const uint8_t *panel, size_t first, size_t n)
{
	const vi low = vi_set8(15);

	for (size_t b = first; b < first + n; b++, u++) {
		const uint8_t *q = panel_32_block(panel, V, PANEL_Q4_0_LINES, b);

		v_store(u->scale[0][p], v_f16(panel_32_scales(panel, V, PANEL_Q4_0_LINES, b)));
		for (int g = 0; g < 4; g++) {
			vi both = vi_load(q + 4 * V * g);

			vi_store(u->line[g][p], vi_and(both, low));
			vi_store(u->line[g + 4][p], vi_and(vi_shr16(both, 4), low));
		}
	}
}

ALWAYS_INLINE void
block_q4_0(const struct unpacked *u, const struct tile *tokens, size_t b, float_sums sum)
{
	tile_sums words;

	dot_words(words, u, tokens, b, 0, 8);
	for (int t = 0; t < TILE_TOKENS; t++) {
		vi off = vi_sar32(tile_off32(tokens, t, b), 4);
		vf d = tile_d(tokens, t, b);

		for (int p = 0; p < PAIR; p++)
			add_scaled(u, p, vi_add32(vi_madd16(words[t][p], vi_set16(1)), off), d, sum[t][p]);
	}
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_32_bytes(V, PANEL_Q4_0_LINES, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, V, n_cols, PANEL_Q4_0_LINES, 0);
}

static void
mul(const struct kern_mul *m)
{
	unpacked_mul(m, tile_q4_0, few_q4_0, unpack_q4_0, block_q4_0, panel_bytes(m->n_cols));
}

static void
x86_q4_0(struct kern_mat *mat)
{
	mat->pack_rows = V;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}

#endif
