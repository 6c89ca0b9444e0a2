/* Q4_0: a code c in the high half of a byte is 16 c = 16 w + 128, so both halves are taken as they stand there, the
 * accumulator starts at -128 times the sum of the activations, and the result is 16 times too large: exact, being a
 * power of two. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/vnni.h"

enum { R = TILE_ROWS, LINES = PANEL_Q4_0_LINES };

ALWAYS_INLINE void
tile_q4_0(const struct tile *tile, __m512 *sum, const int n)
{
	const __m512i high = _mm512_set1_epi8((char)0xf0);

	for (int t = 0; t < n; t++)
		sum[t] = _mm512_setzero_ps();
	for (size_t b = 0; b < tile->n_cols / 32; b++) {
		const uint8_t *q = panel_32_block(tile->panel, R, LINES, b);
		const uint8_t *d = panel_32_scales(tile->panel, R, LINES, b);
		__m512i w[8];

		for (int g = 0; g < 4; g++) {
			__m512i both = _mm512_loadu_si512(q + 64 * g);

			w[g] = _mm512_and_si512(_mm512_slli_epi16(both, 4), high);
			w[g + 4] = _mm512_and_si512(both, high);
		}
		if (n <= PREFETCH_TOKENS) {
			prefetch_lines(q, LINES);
			prefetch_lines(d, 1);
		}
		add_block(tile, sum, w, floats_from_f16(d), b, n);
	}
	for (int t = 0; t < n; t++)
		sum[t] = _mm512_mul_ps(sum[t], _mm512_set1_ps(1.0f / 16));
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_32_bytes(R, LINES, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, R, n_cols, LINES, 0);
}

static void
mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q4_0, panel_bytes(m->n_cols));
}

void
avx512vnni_q4_0(struct kern_mat *mat)
{
	mat->pack_rows = R;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}
