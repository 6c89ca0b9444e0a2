/* Q8_0: weights stand in the panel as w + 128; the accumulator starts at -128 times the sum of the activations.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_Q8_0_H
#define KERNELS_X86_VNNI_Q8_0_H

#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q8_0.h"
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

enum { SLAB_MIN_TOKENS = 12 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		tile_mul(m, tile_q8_0, panel_bytes(m->n_cols));
	else
		slab_mul_q8_0(m);
}

#endif
