/* Many tokens times F16 and BF16 weights in tiles. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/split.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"

/* TILE_SIDE rows of TILE_COLS numbers, of which two lie in each dword, to lines. */
ALWAYS_INLINE void
turn_rows(uint8_t *tile, const vi rows[TILE_SIDE])
{
	vf a[TILE_SIDE];

#pragma GCC unroll 16
	for (int r = 0; r < TILE_SIDE; r++)
		a[r] = v_from_bits(rows[r]);
	v_transpose(a);
#pragma GCC unroll 16
	for (int k = 0; k < TILE_SIDE; k++)
		vi_store(tile + 64 * k, (vi)a[k]);
}

/* N numbers of 2 bytes, at most TILE_COLS, zeros behind. */
ALWAYS_INLINE vi
words_of(const char *p, size_t n)
{
	return _mm512_maskz_loadu_epi16(n >= 32 ? 0xffffffff : (1u << n) - 1, p);
}

static void
convert_bf16(uint8_t *tiles, const struct kern_mul *m, size_t row, size_t at, size_t n)
{
	const char *w = (const char *)m->w + 2 * (row * m->n_cols + at);
	const size_t left = m->n_cols - at < n ? m->n_cols - at : n;

	for (size_t k = 0; k < n; k += TILE_COLS, tiles += TILE_BYTES) {
		vi rows[TILE_SIDE];

		for (size_t r = 0; r < TILE_SIDE; r++)
			rows[r] = row + r < m->n_rows ? words_of(w + 2 * (r * m->n_cols + k), left - k) : vi_zero();
		turn_rows(tiles, rows);
	}
}

static void
convert_f16(uint8_t *tiles, const struct kern_mul *m, size_t row, size_t at, size_t n)
{
	const char *w = (const char *)m->w + 2 * (row * m->n_cols + at);
	const size_t left = m->n_cols - at < n ? m->n_cols - at : n;

	for (size_t k = 0; k < n; k += TILE_COLS, tiles += 2 * TILE_BYTES) {
		vi high[TILE_SIDE], low[TILE_SIDE];

		for (size_t r = 0; r < TILE_SIDE; r++) {
			vi x = row + r < m->n_rows ? words_of(w + 2 * (r * m->n_cols + k), left - k) : vi_zero();
			struct split s = split_of(_mm512_cvtph_ps(_mm512_castsi512_si256(x)),
			    _mm512_cvtph_ps(_mm512_extracti64x4_epi64(x, 1)));

			high[r] = s.high;
			low[r] = s.low;
		}
		turn_rows(tiles, high);
		turn_rows(tiles + TILE_BYTES, low);
	}
}

static void
many_of_f16(const struct kern_mul *m)
{
	many_mul(m, (struct many_kind){convert_f16, 2, 2});
}

static void
many_of_bf16(const struct kern_mul *m)
{
	many_mul(m, (struct many_kind){convert_bf16, 1, 2});
}

enum { DENSE_MANY_MIN = 24 };

void
amx_dense(struct kern_mat mat[QT_COUNT])
{
	many_fill(&mat[QT_f16], many_of_f16, ACT_bf16x2, DENSE_MANY_MIN);
	many_fill(&mat[QT_bf16], many_of_bf16, ACT_bf16x2, DENSE_MANY_MIN);
}
