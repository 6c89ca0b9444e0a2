/* Slabs of rows as they lie in the file, by the unpackers of kernels/fmt/coded.h.  Include after slab_dot.h. */
#ifndef KERNELS_X86_SLAB_ROWS_H
#define KERNELS_X86_SLAB_ROWS_H

#include "kernels/fmt/coded.h"
#include "kernels/x86/panel.h"

/* As slab_unpack; codes are what the format says plus ZERO. */
ALWAYS_INLINE void
slab_unpack_rows(struct slab *s, const struct kern_mul *m, size_t row, size_t b, size_t n, enum qtype t,
    coded_unpack *unpack, int top, int zero)
{
	size_t n_rows = m->n_rows - row < V ? m->n_rows - row : V;
	uint8_t codes[V][CODED_LEN], lines[64][4 * V] = {0};

	for (size_t r = 0; r < n_rows; r++) {
		struct coded c;

		unpack(&c, (const uint8_t *)m->w + (row + r) * qtype_row_bytes(t, m->n_cols) + qtype_row_bytes(t, 32 * b),
		    32 * n);
		for (size_t i = 0; i < CODED_LEN; i++)
			codes[r][i] = (uint8_t)(c.w[i] + zero);
		for (size_t k = 0; k < 2 * CODED_BLOCKS; k++) {
			s->scale[k % 2][k / 2][r] = c.scale[k % 2][k / 2];
			s->min[k % 2][k / 2][r] = c.min[k % 2][k / 2];
		}
	}
	panel_lines(lines[0], codes[0], CODED_LEN, n_rows, V, 64, 0);
	for (size_t i = 0; i < 64; i++)
		slab_put(s, i, vi_load(lines[i]), top);
}

#endif
