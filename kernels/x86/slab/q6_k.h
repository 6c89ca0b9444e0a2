/* Q6_K: its panels (kernels/x86/panel.h) and how they unpack into slabs.  Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_Q6_K_H
#define KERNELS_X86_SLAB_Q6_K_H

#include "kernels/x86/kquant.h"
#include "kernels/x86/slab.h"

static const struct slab_kind kind_q6_k = {63, true, false, 32};

static inline size_t
panel_bytes(size_t n_cols)
{
	return panel_q6_k_bytes(V, n_cols);
}

static inline void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q6_k_pack(panel, rows, row_bytes, n_rows, V, n_cols);
}

/* As slab_unpack. */
ALWAYS_INLINE void
unpack_q6_k(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n)
{
	const uint8_t *block = (const uint8_t *)m->w + row / V * panel_bytes(m->n_cols) + b / 8 * panel_q6_k_block_bytes(V);
	vf d = v_f16(block);

	for (size_t j = 0; j < n; j++, s++) {
		const uint8_t *q = block + 18 * V + 24 * V * j, *scales = block + 2 * V + 2 * V * j;
		vi w[8];

		slab_put_scale(s, p, 0, v_mul(d, v_i8(scales)), kind_q6_k);
		slab_put_scale(s, p, 1, v_mul(d, v_i8(scales + V)), kind_q6_k);
		q6_k_unpack_lines(q, w);
		q6_k_unpack_lines(q + 12 * V, w + 4);
		for (int g = 0; g < 8; g++)
			slab_put(s, p, g, vi_shr16(w[g], 2), kind_q6_k);	/* nothing is in the two bits that cross */
	}
}

/* All tokens by way of slabs. */
static inline void
slab_mul_q6_k(const struct kern_mul *m)
{
	slab_mul(m, unpack_q6_k, panel_q6_k_block_bytes(V) / 8, kind_q6_k);
}

#endif
