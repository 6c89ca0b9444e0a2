/* Q8_0: weights stand in the panel as w + 128; the accumulator starts at -128 times the sum of the activations.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_Q8_0_H
#define KERNELS_X86_VNNI_Q8_0_H

#include "kernels/x86/vnni/vnni.h"

ALWAYS_INLINE void
tile_block_q8_0(const struct tile *tile, vf *sum, const uint8_t *codes, const uint8_t *scales, size_t b, const int n)
{
	vi w[8];

	for (int g = 0; g < 8; g++)
		w[g] = vi_load(codes + 4 * V * g);
	add_block(tile, sum, w, v_f16(scales), b, n);
}

ALWAYS_INLINE void
tile_q8_0(const struct tile *tile, vf *sum, const int n)
{
	tile_32(tile, sum, tile_block_q8_0, PANEL_Q8_0_LINES, n);
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_32_bytes(V, PANEL_Q8_0_LINES, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, V, n_cols, PANEL_Q8_0_LINES, PANEL_Q8_0_FLIP);
}

static void
mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q8_0, panel_bytes(m->n_cols));
}

static void
x86_q8_0(struct kern_mat *mat)
{
	mat->pack_rows = V;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}

#endif
