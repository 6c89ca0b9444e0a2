/* Slabs of rows as they lie in the file, by the unpackers of kernels/fmt/coded.h.  Include after slab_dot.h. */
#ifndef KERNELS_X86_SLAB_ROWS_H
#define KERNELS_X86_SLAB_ROWS_H

#include "kernels/fmt/coded.h"
#include "kernels/x86/panel.h"

/* As slab_unpack; codes are what the format says plus the kind's zero. */
ALWAYS_INLINE void
slab_unpack_rows(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n, enum qtype t,
    coded_unpack *unpack, struct slab_kind kind)
{
	size_t n_rows = m->n_rows - row < V ? m->n_rows - row : V;
	uint8_t codes[V][CODED_LEN], lines[8 * SLAB_BLOCKS][4 * V] = {0};

	for (size_t r = 0; r < n_rows; r++) {
		struct coded c;

		unpack(&c, (const uint8_t *)m->w + (row + r) * qtype_row_bytes(t, m->n_cols) + qtype_row_bytes(t, 32 * b),
		    32 * n);
		for (size_t i = 0; i < CODED_LEN; i++)
			codes[r][i] = (uint8_t)(c.w[i] + kind.zero);
		for (size_t k = 0; k < 2 * n; k++) {
			struct slab *to = &s[k / 2];

			to->scale[k % 2][p][r] = c.scale[k % 2][k / 2] / (float)(1 << slab_shift(kind));
			to->min[k % 2][p][r] = c.min[k % 2][k / 2];
		}
	}
	panel_lines(lines[0], codes[0], CODED_LEN, n_rows, V, 8 * SLAB_BLOCKS, 0);
	for (size_t i = 0; i < 8 * n; i++)
		slab_put(&s[i / 8], p, i % 8, vi_load(lines[i]), kind);
}

#endif
