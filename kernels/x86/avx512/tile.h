/* The walk over a product for panels of 16 rows: tiles of up to 8 tokens. */
#ifndef KERNELS_X86_AVX512_TILE_H
#define KERNELS_X86_AVX512_TILE_H

#include <immintrin.h>

#include "kernels/act.h"
#include "kernels/kern.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { TILE_ROWS = 16, TILE_TOKENS = 8 };

/* One panel times the activations of a few tokens. */
struct tile {
	const uint8_t *panel;
	size_t n_cols;
	const char *x;			/* first token */
	size_t x_stride;
};

/* sum[t] = the 16 products of token t; N is a constant where this is inlined. */
typedef void tile_fn(const struct tile *tile, __m512 sum[TILE_TOKENS], const int n);

ALWAYS_INLINE void
tile_store(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, __mmask16 rows, const int n)
{
	__m512 sum[TILE_TOKENS];

	fn(tile, sum, n);
	for (int t = 0; t < n; t++)
		_mm512_mask_storeu_ps(y + (size_t)t * y_stride, rows, sum[t]);
}

ALWAYS_INLINE void
tile_run(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, __mmask16 rows, size_t n)
{
	switch (n) {
	case 1: tile_store(tile, fn, y, y_stride, rows, 1); break;
	case 2: tile_store(tile, fn, y, y_stride, rows, 2); break;
	case 3: tile_store(tile, fn, y, y_stride, rows, 3); break;
	case 4: tile_store(tile, fn, y, y_stride, rows, 4); break;
	case 5: tile_store(tile, fn, y, y_stride, rows, 5); break;
	case 6: tile_store(tile, fn, y, y_stride, rows, 6); break;
	case 7: tile_store(tile, fn, y, y_stride, rows, 7); break;
	default: tile_store(tile, fn, y, y_stride, rows, 8); break;
	}
}

/* Tokens are taken in groups whose activations stay in the L2 cache while all panels of the call pass by. */
ALWAYS_INLINE void
tile_mul(const struct kern_mul *m, tile_fn *fn, size_t panel_bytes)
{
	size_t group = (256 << 10) / m->n_cols / TILE_TOKENS * TILE_TOKENS;

	if (group < TILE_TOKENS)
		group = TILE_TOKENS;
	for (size_t first = 0; first < m->n_tokens; first += group) {
		size_t end = m->n_tokens - first < group ? m->n_tokens : first + group;

		for (size_t row = 0; row < m->n_rows; row += TILE_ROWS) {
			size_t left = m->n_rows - row;
			__mmask16 rows = (__mmask16)(left < TILE_ROWS ? (1u << left) - 1 : 0xffff);

			for (size_t t = first; t < end; t += TILE_TOKENS) {
				struct tile tile = {
					(const uint8_t *)m->w + row / TILE_ROWS * panel_bytes, m->n_cols,
					(const char *)m->x + t * m->x_stride, m->x_stride,
				};

				tile_run(&tile, fn, m->y + t * m->y_stride + row, m->y_stride, rows,
				    end - t < TILE_TOKENS ? end - t : TILE_TOKENS);
			}
		}
	}
}

#endif
