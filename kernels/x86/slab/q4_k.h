/* Q4_K: its panels (kernels/x86/panel.h) and how they unpack into slabs.  Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_Q4_K_H
#define KERNELS_X86_SLAB_Q4_K_H

#include "kernels/x86/kquant.h"
#include "kernels/x86/slab.h"

static const struct slab_kind kind_q4_k = {15, false, true, 0};

static inline size_t
panel_bytes(size_t n_cols)
{
	return panel_q4_k_bytes(V, n_cols);
}

static inline void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q4_k_pack(panel, rows, row_bytes, n_rows, V, n_cols);
}

/* As slab_unpack. */
ALWAYS_INLINE void
unpack_q4_k(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n)
{
	const uint8_t *block = (const uint8_t *)m->w + row / V * panel_bytes(m->n_cols) + b / 8 * panel_q4_k_block_bytes(V);
	const vi low = vi_set8(15);

	q4_k_unpack_scales(block, s->scale[0][p], s->min[0][p], sizeof *s / sizeof(float));
	for (size_t j = 0; j < n; j += 2) {
		const uint8_t *q = block + 16 * V + 16 * V * j;

		for (int g = 0; g < 8; g++) {
			vi both = vi_load(q + 4 * V * g);

			vi_store(s[j].line[g][p], vi_and(both, low));
			vi_store(s[j + 1].line[g][p], vi_and(vi_shr16(both, 4), low));
		}
	}
}

/* All tokens by way of slabs. */
static inline void
slab_mul_q4_k(const struct kern_mul *m)
{
	slab_mul(m, unpack_q4_k, panel_q4_k_block_bytes(V) / 8, kind_q4_k);
}

#endif
