/* Q8_0: weights stand in the panel as w + 128; the accumulator starts at -128 times the sum of the activations. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/vnni.h"

enum { R = TILE_ROWS, LINES = PANEL_Q8_0_LINES };

ALWAYS_INLINE void
tile_q8_0(const struct tile *tile, __m512 *sum, const int n)
{
	for (int t = 0; t < n; t++)
		sum[t] = _mm512_setzero_ps();
	for (size_t b = 0; b < tile->n_cols / 32; b++) {
		const uint8_t *q = panel_32_block(tile->panel, R, LINES, b);
		const uint8_t *d = panel_32_scales(tile->panel, R, LINES, b);
		__m512i w[8];

		for (int g = 0; g < 8; g++)
			w[g] = _mm512_loadu_si512(q + 64 * g);
		if (n <= PREFETCH_TOKENS) {
			prefetch_lines(q, LINES);
			prefetch_lines(d, 1);
		}
		add_block(tile, sum, w, floats_from_f16(d), b, n);
	}
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_32_bytes(R, LINES, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, R, n_cols, LINES, PANEL_Q8_0_FLIP);
}

static void
mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q8_0, panel_bytes(m->n_cols));
}

void
avx512vnni_q8_0(struct kern_mat *mat)
{
	mat->pack_rows = R;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}
