/* Q4_K: codes are unsigned already; the mins meet the sums of the activations in floats:
 * sum += (d scale * (code . q) + dmin min / 128 * off32) * dx. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/vnni.h"

enum { R = TILE_ROWS };

/* d * scale and dmin * min / 128 of the 8 blocks and 16 rows: as q4_k_scales(), four blocks a vector. */
ALWAYS_INLINE void
unpack_scales(const uint8_t *block, float scale[8][R], float min[8][R])
{
	const __m512i low6 = _mm512_set1_epi8(63), low4 = _mm512_set1_epi8(15), high2 = _mm512_set1_epi8(0x30);
	__m512i a = _mm512_loadu_si512(block + 64), b = _mm512_loadu_si512(block + 128);
	__m512i c = _mm512_loadu_si512(block + 192);
	__m512 d = floats_from_f16(block), dmin = floats_from_f16(block + 32);
	int8_t byte[4][64];

	_mm512_storeu_si512(byte[0], _mm512_and_si512(a, low6));
	_mm512_storeu_si512(byte[1], _mm512_or_si512(_mm512_and_si512(c, low4),
	    _mm512_and_si512(_mm512_srli_epi16(a, 2), high2)));
	_mm512_storeu_si512(byte[2], _mm512_and_si512(b, low6));
	_mm512_storeu_si512(byte[3], _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(c, 4), low4),
	    _mm512_and_si512(_mm512_srli_epi16(b, 2), high2)));
	dmin = _mm512_mul_ps(dmin, _mm512_set1_ps(0x1p-7f));
	for (int j = 0; j < 8; j++) {
		_mm512_storeu_ps(scale[j], _mm512_mul_ps(d, floats_from_i8(byte[j / 4] + j % 4 * R)));
		_mm512_storeu_ps(min[j], _mm512_mul_ps(dmin, floats_from_i8(byte[2 + j / 4] + j % 4 * R)));
	}
}

ALWAYS_INLINE void
add_block_min(const struct tile *tile, __m512 *sum, const __m512i w[8], const float *scale, const float *min, size_t b,
    const int n)
{
	size_t at_d = tile->n_cols + 4 * b, at_off = at_d + tile->n_cols / 8;
	__m512 s = _mm512_loadu_ps(scale), m = _mm512_loadu_ps(min);

	for (int t = 0; t < n; t++) {
		const char *x = tile->x + (size_t)t * tile->x_stride;
		__m512i acc = dot_lines(_mm512_setzero_si512(), w, x + 32 * b, 8);
		__m512 off = _mm512_cvtepi32_ps(broadcast_i32(x + at_off));
		__m512 part = _mm512_fmadd_ps(off, m, _mm512_mul_ps(_mm512_cvtepi32_ps(acc), s));

		sum[t] = _mm512_fmadd_ps(part, broadcast_f32(x + at_d), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q4_k(const struct tile *tile, __m512 *sum, const int n)
{
	const __m512i low = _mm512_set1_epi8(15);
	const uint8_t *block = tile->panel;

	for (int t = 0; t < n; t++)
		sum[t] = _mm512_setzero_ps();
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q4_k_block_bytes(R)) {
		float scale[8][R], min[8][R];

		unpack_scales(block, scale, min);
		if (n <= PREFETCH_TOKENS)
			prefetch_lines(block, 4);
		for (size_t j = 0; j < 8; j += 2) {
			const uint8_t *q = block + 256 + 256 * j;
			__m512i w[8];

			for (int g = 0; g < 8; g++)
				w[g] = _mm512_and_si512(_mm512_loadu_si512(q + 64 * g), low);
			add_block_min(tile, sum, w, scale[j], min[j], b + j, n);
			for (int g = 0; g < 8; g++)
				w[g] = _mm512_and_si512(_mm512_srli_epi16(_mm512_loadu_si512(q + 64 * g), 4), low);
			add_block_min(tile, sum, w, scale[j + 1], min[j + 1], b + j + 1, n);
			if (n <= PREFETCH_TOKENS)
				prefetch_lines(q, 8);
		}
	}
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_q4_k_bytes(R, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q4_k_pack(panel, rows, row_bytes, n_rows, R, n_cols);
}

static void
mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q4_k, panel_bytes(m->n_cols));
}

void
avx512vnni_q4_k(struct kern_mat *mat)
{
	mat->pack_rows = R;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}
