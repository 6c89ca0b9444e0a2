/* Q6_K: codes are taken as 4 c = 4 w + 128, so accumulators start at off16 and the result is 4 times too large:
 * sum += (d scale0 * (w . q of 16) + d scale1 * (w . q of the next 16)) * dx. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/vnni.h"

enum { R = TILE_ROWS };

/* Where MASK has ones, A, elsewhere B. */
ALWAYS_INLINE __m512i
choose(__m512i mask, __m512i a, __m512i b)
{
	return _mm512_ternarylogic_epi32(mask, a, b, 0xca);
}

/* Four lines of 16 columns from the three in the panel. */
ALWAYS_INLINE void
unpack_lines(const uint8_t *p, __m512i w[4])
{
	const __m512i high6 = _mm512_set1_epi8((char)0xfc);
	__m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + 64), c = _mm512_loadu_si512(p + 128), d;

	d = choose(_mm512_set1_epi8((char)0xc0), _mm512_slli_epi16(a, 6), _mm512_slli_epi16(b, 4));
	d = choose(_mm512_set1_epi8((char)0xf0), d, _mm512_slli_epi16(c, 2));
	w[0] = _mm512_and_si512(a, high6);
	w[1] = _mm512_and_si512(b, high6);
	w[2] = _mm512_and_si512(c, high6);
	w[3] = _mm512_and_si512(d, high6);
}

/* The 32 columns of block B with the scales of both their halves. */
ALWAYS_INLINE void
add_halves(const struct tile *tile, __m512 *sum, const __m512i w[8], __m512 scale0, __m512 scale1, size_t b,
    const int n)
{
	size_t at_d = tile->n_cols + 4 * b, at_off = tile->n_cols + tile->n_cols / 4 + 8 * b;

	for (int t = 0; t < n; t++) {
		const char *x = tile->x + (size_t)t * tile->x_stride;
		__m512i acc0 = dot_lines(broadcast_i32(x + at_off), w, x + 32 * b, 4);
		__m512i acc1 = dot_lines(broadcast_i32(x + at_off + 4), w + 4, x + 32 * b + 16, 4);
		__m512 part = _mm512_mul_ps(_mm512_cvtepi32_ps(acc0), scale0);

		part = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc1), scale1, part);
		sum[t] = _mm512_fmadd_ps(part, broadcast_f32(x + at_d), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q6_k(const struct tile *tile, __m512 *sum, const int n)
{
	const uint8_t *block = tile->panel;

	for (int t = 0; t < n; t++)
		sum[t] = _mm512_setzero_ps();
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q6_k_block_bytes(R)) {
		const int8_t *scales = (const int8_t *)block + 2 * R;
		__m512 d = floats_from_f16(block);

		if (n <= PREFETCH_TOKENS)
			prefetch_lines(block, 5);
		for (size_t j = 0; j < 8; j++) {
			const uint8_t *q = block + 18 * R + j * 384;
			__m512 scale0 = _mm512_mul_ps(d, floats_from_i8(scales + 2 * j * R));
			__m512 scale1 = _mm512_mul_ps(d, floats_from_i8(scales + (2 * j + 1) * R));
			__m512i w[8];

			unpack_lines(q, w);
			unpack_lines(q + 192, w + 4);
			if (n <= PREFETCH_TOKENS)
				prefetch_lines(q, 6);
			add_halves(tile, sum, w, scale0, scale1, b + j, n);
		}
	}
	for (int t = 0; t < n; t++)
		sum[t] = _mm512_mul_ps(sum[t], _mm512_set1_ps(0.25f));
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_q6_k_bytes(R, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q6_k_pack(panel, rows, row_bytes, n_rows, R, n_cols);
}

static void
mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q6_k, panel_bytes(m->n_cols));
}

void
avx512vnni_q6_k(struct kern_mat *mat)
{
	mat->pack_rows = R;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}
