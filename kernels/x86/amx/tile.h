/* The tiles of AMX (Intel SDM vol. 1, 18): C += A B, where a row of A has up to 32 numbers of BF16, and a row of B a pair of
 * them for each of up to 16 columns.  Include after v.h.
 *
 * How eight tiles are used: C is up to 32 rows by 32 columns, in four tiles (0 1 above 2 3); 4 and 5 hold A, 6 and 7 hold B.
 * So each that is loaded meets two. */
#ifndef KERNELS_X86_AMX_TILE_H
#define KERNELS_X86_AMX_TILE_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { TILE_SIDE = 16, TILE_COLS = 32, TILE_BYTES = 1024 };

struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t n_rows[16];
};

/* OP(C, A, B) of each tile of C that is there: the left above, and what is on the right and below.  Intrinsics take numbers
 * of tiles as they are written, so these are macros. */
#define TILES(op, right, below) do { \
	op(0, 4, 6); \
	if (right) \
		op(1, 4, 7); \
	if (below) \
		op(2, 5, 6); \
	if (right && below) \
		op(3, 5, 7); \
} while (0)

#define TILES_ZERO(c, a, b) _tile_zero(c)

/* OP(tile, address, STRIDE) of each: C begins at Y, so many bytes TO_RIGHT and TO_BELOW. */
#define TILES_MOVE(op, y, stride, to_right, to_below, right, below) do { \
	op(0, (y), stride); \
	if (right) \
		op(1, (y) + (to_right), stride); \
	if (below) \
		op(2, (y) + (to_below), stride); \
	if (right && below) \
		op(3, (y) + (to_right) + (to_below), stride); \
} while (0)

/* Behind each instruction of tiles some that do nothing.  Measured, not documented (Sapphire Rapids, lines of the first cache):
 * four loads and four products take 28 ns on a core of one's own, with these or without; beside a busy thread of the same core
 * 103 ns without and 75 with them, as if instructions that follow each other closely lost their turns. */
#define TILE_GAP() __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop")

#define TILE_BF16(c, a, b) do { \
	_tile_dpbf16ps(c, a, b); \
	TILE_GAP(); \
} while (0)

#define TILE_I8(c, a, b) do { \
	_tile_dpbssd(c, a, b); \
	TILE_GAP(); \
} while (0)

/* IS_NEAR: lines go through the first cache.  Else they do not, and what is there stays. */
#define TILE_LOAD(tile, at, stride, is_near) do { \
	if (is_near) \
		_tile_loadd(tile, at, stride); \
	else \
		_tile_stream_loadd(tile, at, stride); \
	TILE_GAP(); \
} while (0)

#define TILES_LOAD_A(x, stride, below, is_near) do { \
	TILE_LOAD(4, x, stride, is_near); \
	if (below) \
		TILE_LOAD(5, (x) + TILE_SIDE * (stride), stride, is_near); \
} while (0)

#define TILES_LOAD_B(left, other, right) do { \
	TILE_LOAD(6, left, 64, false); \
	if (right) \
		TILE_LOAD(7, other, 64, false); \
} while (0)

/* C of N_ROWS by N_COLS, 32 at most.  Compilers take it that only what an instruction names is read. */
ALWAYS_INLINE void
tile_configure(size_t n_rows, size_t n_cols)
{
	const size_t rows[2] = {n_rows < TILE_SIDE ? n_rows : TILE_SIDE, n_rows < TILE_SIDE ? 0 : n_rows - TILE_SIDE};
	const size_t cols[2] = {n_cols < TILE_SIDE ? n_cols : TILE_SIDE, n_cols < TILE_SIDE ? 0 : n_cols - TILE_SIDE};
	struct tile_config c = {.palette = 1};
	void *at;

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++) {
			c.n_rows[2 * i + j] = (uint8_t)(cols[j] > 0 ? rows[i] : 0);
			c.row_bytes[2 * i + j] = (uint16_t)(rows[i] > 0 ? 4 * cols[j] : 0);
		}
		c.n_rows[4 + i] = (uint8_t)rows[i];
		c.row_bytes[4 + i] = rows[i] > 0 ? 2 * TILE_COLS : 0;
		c.n_rows[6 + i] = cols[i] > 0 ? TILE_COLS / 2 : 0;
		c.row_bytes[6 + i] = (uint16_t)(4 * cols[i]);
	}
	at = v_forget(&c);
	__asm__ volatile("" : : : "memory");
	_tile_loadconfig(at);
}

#endif
