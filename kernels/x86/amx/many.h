/* Many tokens times rows of any format, as products of BF16 numbers in tiles.
 *
 * Weights are decoded and cut to BF16, or, F16 ones, split into two that add up to them; activations are split likewise
 * (kernels/act.h).  A product of numbers of 8 bits is off by some 2^-9 of its size, half of what
 * quantized activations cost, so of quantized weights one part of each is enough; of others, all products but that of the
 * two small parts are added up.
 *
 * As in kernels/x86/many.h, of some columns at a time all rows of a call become lines, which stay in the second cache while
 * the tokens pass by.
 * Include after v.h and tile.h. */
#ifndef KERNELS_X86_AMX_MANY_H
#define KERNELS_X86_AMX_MANY_H

#include "kernels/act.h"
#include "kernels/kern.h"
#include "kernels/simd/ahead.h"

enum {
	MANY_SIDE = 2 * TILE_SIDE,	/* tokens and rows whose sums are in tiles at once */
	MANY_COLS = 1024,
	MANY_ROWS = 64,			/* of a call */
};

/* Columns AT .. AT + N, a multiple of TILE_COLS, of the TILE_SIDE rows from ROW on, those that exist, to lines of TILES: for each
 * TILE_COLS the lines of every part. */
typedef void many_convert_fn(uint8_t *tiles, const struct kern_mul *m, size_t row, size_t at, size_t n);

/* How a format goes through tiles.  All are constants where this is inlined. */
struct many_kind {
	many_convert_fn *convert;
	int w_parts, x_parts;		/* 1 or 2 */
};

ALWAYS_INLINE size_t
many_tile_bytes(struct many_kind kind)
{
	return (size_t)kind.w_parts * TILE_BYTES;
}

static inline size_t
many_rows(size_t n_rows)
{
	return (n_rows + TILE_SIDE - 1) / TILE_SIDE * TILE_SIDE;
}

static size_t
many_work_bytes(size_t n_rows, size_t n_cols, size_t n_tokens)
{
	(void)n_cols, (void)n_tokens;
	return many_rows(n_rows) * MANY_COLS * 2 * sizeof(uint16_t);
}

/* What tiles are taken from and added to. */
struct many {
	const uint8_t *w[2];		/* the lines of TILE_SIDE rows each */
	const char *x;			/* first column, first token */
	size_t x_stride;		/* bytes to the next token */
	size_t n_steps;			/* of TILE_COLS columns */
	float *y;
	size_t y_stride;		/* bytes */
	bool adds;
};

ALWAYS_INLINE void
many_tile(const struct many *m, struct many_kind kind, const bool right, const bool below)
{
	const uint8_t *w0 = m->w[0], *w1 = m->w[1];
	const char *x = m->x;
	char *y = (char *)m->y;
	const size_t to_right = TILE_SIDE * sizeof(float), to_below = TILE_SIDE * m->y_stride;
	const bool is_near = kind.x_parts > 1;		/* as measured: of one part they stream faster */

	__asm__ volatile("" : : : "memory");		/* lines are written, whatever the compiler knows of tiles */
	if (m->adds)
		TILES_MOVE(_tile_loadd, y, m->y_stride, to_right, to_below, right, below);
	else
		TILES(TILES_ZERO, right, below);
	for (size_t k = 0; k < m->n_steps; k++) {
		TILES_LOAD_A(x, m->x_stride, below, is_near);
		if (kind.w_parts > 1) {
			TILES_LOAD_B(w0 + TILE_BYTES, w1 + TILE_BYTES, right);
			TILES(TILE_BF16, right, below);
		}
		TILES_LOAD_B(w0, w1, right);
		TILES(TILE_BF16, right, below);
		if (kind.x_parts > 1) {
			TILES_LOAD_A(x + 2 * TILE_COLS, m->x_stride, below, is_near);
			TILES(TILE_BF16, right, below);
		}
		x += 2 * TILE_COLS * kind.x_parts;
		w0 += many_tile_bytes(kind);
		w1 += many_tile_bytes(kind);
	}
	TILES_MOVE(_tile_stored, y, m->y_stride, to_right, to_below, right, below);
}

ALWAYS_INLINE void
many_tile_of(const struct many *m, struct many_kind kind, size_t n_tokens, size_t n_rows)
{
	if (n_tokens > TILE_SIDE && n_rows > TILE_SIDE)
		many_tile(m, kind, true, true);
	else if (n_tokens > TILE_SIDE)
		many_tile(m, kind, false, true);
	else if (n_rows > TILE_SIDE)
		many_tile(m, kind, true, false);
	else
		many_tile(m, kind, false, false);
}

/* Tiles as they are configured. */
struct many_shape {
	size_t n_tokens, n_rows;
};

static inline void
many_configure(struct many_shape *shape, size_t n_tokens, size_t n_rows)
{
	if (shape->n_tokens == n_tokens && shape->n_rows == n_rows)
		return;
	*shape = (struct many_shape){n_tokens, n_rows};
	tile_configure(n_tokens, n_rows);
}

static inline size_t
many_side(size_t n)
{
	return n < MANY_SIDE ? n : MANY_SIDE;
}

/* Columns AT .. AT + N, whose lines are in m->work. */
ALWAYS_INLINE void
many_cols(const struct kern_mul *m, size_t at, size_t n, struct many_kind kind, struct many_shape *shape, struct ahead *ahead,
    size_t ahead_step)
{
	const size_t panel_bytes = MANY_COLS / TILE_COLS * many_tile_bytes(kind);

	for (size_t t = 0; t < m->n_tokens; t += MANY_SIDE) {
		size_t n_tokens = many_side(m->n_tokens - t);

		for (size_t row = 0; row < m->n_rows; row += MANY_SIDE) {
			const uint8_t *w = (const uint8_t *)m->work + row / TILE_SIDE * panel_bytes;
			size_t n_rows = many_side(m->n_rows - row);
			struct many tile = {
				.w = {w, w + panel_bytes},
				.x = (const char *)m->x + t * m->x_stride + 2 * at * (size_t)kind.x_parts,
				.x_stride = m->x_stride,
				.n_steps = n / TILE_COLS,
				.y = m->y + t * m->y_stride + row, .y_stride = m->y_stride * sizeof(float),
				.adds = at > 0,
			};

			many_configure(shape, n_tokens, n_rows);
			many_tile_of(&tile, kind, n_tokens, n_rows);
			ahead_read(ahead, ahead_step);
		}
	}
}

ALWAYS_INLINE void
many_mul(const struct kern_mul *m, struct many_kind kind)
{
	const size_t n_cols = (m->n_cols + TILE_COLS - 1) / TILE_COLS * TILE_COLS;
	const size_t panel_bytes = MANY_COLS / TILE_COLS * many_tile_bytes(kind);
	const size_t n_tiles = (n_cols + MANY_COLS - 1) / MANY_COLS * ((m->n_tokens + MANY_SIDE - 1) / MANY_SIDE) *
	    ((m->n_rows + MANY_SIDE - 1) / MANY_SIDE);
	struct ahead ahead = ahead_of(m->next, m->next_bytes);
	struct many_shape shape = {0, 0};

	for (size_t at = 0; at < n_cols; at += MANY_COLS) {
		size_t n = n_cols - at < MANY_COLS ? n_cols - at : MANY_COLS;

		for (size_t row = 0; row < m->n_rows; row += TILE_SIDE)
			kind.convert((uint8_t *)m->work + row / TILE_SIDE * panel_bytes, m, row, at, n);
		many_cols(m, at, n, kind, &shape, &ahead, m->next_bytes / n_tiles + 1);
	}
	_tile_release();
}

/* The slots of a format whose products read ACT.  MIN: from so many tokens on tiles are faster than others. */
static inline void
many_fill(struct kern_mat *mat, void (*mul_many)(const struct kern_mul *m), enum act act, size_t min)
{
	mat->mul_many = mul_many;
	mat->act_many = act;
	mat->many_min = min;
	mat->many_rows = MANY_ROWS;
	mat->work_bytes = many_work_bytes;
}

#endif
