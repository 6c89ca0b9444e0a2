/* Q8_0: its panels (kernels/x86/panel.h) and how they unpack into slabs.  Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_Q8_0_H
#define KERNELS_X86_SLAB_Q8_0_H

#include "kernels/x86/slab.h"

static const struct slab_kind kind_q8_0 = {255, false, false, 128};

static inline size_t
panel_bytes(size_t n_cols)
{
	return panel_32_bytes(V, PANEL_Q8_0_LINES, n_cols);
}

static inline void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, V, n_cols, PANEL_Q8_0_LINES, PANEL_Q8_0_FLIP);
}

/* As slab_unpack. */
ALWAYS_INLINE void
unpack_q8_0(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n)
{
	const uint8_t *panel = (const uint8_t *)m->w + row / V * panel_bytes(m->n_cols);
	const vi flip = vi_set8(SLAB_WIDE_FLIP ^ (PANEL_Q8_0_FLIP & 0xff));

	for (size_t j = 0; j < n; j++, s++) {
		const uint8_t *q = panel_32_block(panel, V, PANEL_Q8_0_LINES, b + j);

		slab_put_scale(s, p, 0, v_f16(panel_32_scales(panel, V, PANEL_Q8_0_LINES, b + j)), kind_q8_0);
		for (size_t g = 0; g < 8; g++)
			slab_put(s, p, g, vi_xor(vi_load(q + 4 * V * g), flip), kind_q8_0);
	}
}

/* All tokens by way of slabs. */
static inline void
slab_mul_q8_0(const struct kern_mul *m)
{
	slab_mul(m, unpack_q8_0, 34 * V, kind_q8_0);
}

#endif
