/* Q4_0: a code c in the high half of a byte is 16 c = 16 w + 128, so both halves are taken as they stand there, the
 * accumulator starts at -128 times the sum of the activations, and the result is 16 times too large: exact, being a
 * power of two.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_Q4_0_H
#define KERNELS_X86_VNNI_Q4_0_H

#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q4_0.h"
#include "kernels/x86/vnni/vnni.h"

ALWAYS_INLINE void
tile_block_q4_0(const struct tile *tile, vf *sum, const uint8_t *codes, const uint8_t *scales, size_t b, const int n)
{
	const vi high = vi_set8(0xf0);
	vi w[8];

	for (int g = 0; g < 4; g++) {
		vi both = vi_load(codes + 4 * V * g);

		w[g] = vi_and(vi_shl16(both, 4), high);
		w[g + 4] = vi_and(both, high);
	}
	add_block(tile, sum, w, v_f16(scales), b, n);
}

ALWAYS_INLINE void
tile_q4_0(const struct tile *tile, vf *sum, const int n)
{
	tile_32(tile, sum, tile_block_q4_0, PANEL_Q4_0_LINES, n);
	tile_scale(sum, 1.0f / 16, n);
}

enum { SLAB_MIN_TOKENS = 65 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		tile_mul(m, tile_q4_0, panel_bytes(m->n_cols));
	else
		slab_mul_q4_0(m);
}

#endif
