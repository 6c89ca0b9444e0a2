/* The walk over a product with packed weights: panels of V rows, tiles of up to TILE_TOKENS tokens, activations in
 * q8 (kernels/act.h).  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_TILE_H
#define KERNELS_X86_TILE_H

#include <stdbool.h>
#include <string.h>

#include "kernels/act.h"
#include "kernels/kern.h"
#include "kernels/simd/ahead.h"
#include "kernels/x86/panel.h"

/* One float sum a token stays in a register, beside the lines of a block and temporaries. */
enum { TILE_TOKENS = V == 16 ? 8 : 4 };

/* One panel times the activations of a few tokens. */
struct tile {
	const uint8_t *panel;
	size_t n_cols;
	const char *x;			/* first token */
	size_t x_stride;
	struct ahead *ahead;		/* NULL: other tokens were the first to meet these weights */
};

/* sum[t] = the V products of token t; N is a constant where this is inlined. */
typedef void tile_fn(const struct tile *tile, vf *sum, const int n);

/* Where token T keeps what belongs to block B of 32 columns. */
ALWAYS_INLINE const char *
tile_q(const struct tile *tile, int t, size_t b)
{
	return tile->x + (size_t)t * tile->x_stride + 32 * b;
}

ALWAYS_INLINE vf
tile_d(const struct tile *tile, int t, size_t b)
{
	float d;

	memcpy(&d, tile->x + (size_t)t * tile->x_stride + tile->n_cols + 4 * b, sizeof d);
	return v_set1(d);
}

/* As they stand there, with ACT_BIAS. */
ALWAYS_INLINE vi
tile_off32(const struct tile *tile, int t, size_t b)
{
	return vi_broadcast32(tile->x + (size_t)t * tile->x_stride + tile->n_cols + tile->n_cols / 8 + 4 * b);
}

ALWAYS_INLINE vf
tile_foff32(const struct tile *tile, int t, size_t b)
{
	float off;

	memcpy(&off, tile->x + (size_t)t * tile->x_stride + tile->n_cols + tile->n_cols / 2 + 4 * b, sizeof off);
	return v_set1(off);
}

ALWAYS_INLINE vi
tile_off16(const struct tile *tile, int t, size_t half_block)
{
	return vi_broadcast32(tile->x + (size_t)t * tile->x_stride + tile->n_cols + tile->n_cols / 4 + 4 * half_block);
}

/* Without the ACT_BIAS that A comes with; divided by 2^N.  Sums have 22 bits, and the bias none of these: no constant has
 * to be in a register. */
ALWAYS_INLINE vi
vi_unbiased_sar(vi a, const int n)
{
	return vi_sar32(vi_shl32(a, 10), 10 + n);
}

ALWAYS_INLINE vf
v_unbiased(vi a)
{
	return v_sub(v_from_bits(a), v_set1(ACT_BIAS_FLOAT));
}

/* SCALE times A without its bias, given what the bias is worth.  It is exact that a scale of at most 22 bits is multiplied
 * by it, so this is rounded once, as if A had been a float. */
ALWAYS_INLINE vf
v_scale_of_bias(vf scale)
{
	return v_mul(scale, v_set1(ACT_BIAS_FLOAT));
}

ALWAYS_INLINE vf
v_unbiased_mul(vi a, vf scale, vf scale_of_bias)
{
	return v_fms(v_from_bits(a), scale, scale_of_bias);
}

/* N_BYTES of weights were read. */
ALWAYS_INLINE void
tile_read(const struct tile *tile, size_t n_bytes)
{
	if (tile->ahead)
		ahead_read(tile->ahead, n_bytes);
}

ALWAYS_INLINE void
tile_clear(vf *sum, const int n)
{
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		sum[t] = v_zero();
}

ALWAYS_INLINE void
tile_scale(vf *sum, float factor, const int n)
{
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		sum[t] = v_mul(sum[t], v_set1(factor));
}

/* Block B: its codes, V scales in f16. */
typedef void tile_block_fn(const struct tile *tile, vf *sum, const uint8_t *codes, const uint8_t *scales, size_t b,
    const int n);

/* A tile_fn of formats that stand in pairs of blocks (panel_32_pack). */
ALWAYS_INLINE void
tile_32(const struct tile *tile, vf *sum, tile_block_fn *block, const size_t n_lines, const int n)
{
	const size_t n_blocks = tile->n_cols / 32, pair_bytes = panel_pair_bytes(V, n_lines);
	const uint8_t *pair = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < n_blocks; b += 2, pair += pair_bytes) {
		block(tile, sum, pair + 4 * V, pair, b, n);
		if (b + 1 < n_blocks)
			block(tile, sum, pair + 4 * V + n_lines * 4 * V, pair + 2 * V, b + 1, n);
		tile_read(tile, pair_bytes);
	}
}

ALWAYS_INLINE void
tile_store(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, size_t n_rows, const int n)
{
	vf sum[8];

	fn(tile, sum, n);
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
		v_store_n(y + (size_t)t * y_stride, sum[t], n_rows);
}

ALWAYS_INLINE void
tile_run(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, size_t n_rows, size_t n)
{
	switch (n) {
	case 1: tile_store(tile, fn, y, y_stride, n_rows, 1); return;
	case 2: tile_store(tile, fn, y, y_stride, n_rows, 2); return;
	case 3: tile_store(tile, fn, y, y_stride, n_rows, 3); return;
	case 4: tile_store(tile, fn, y, y_stride, n_rows, 4); return;
	}
	if (TILE_TOKENS < 8)
		return;
	switch (n) {
	case 5: tile_store(tile, fn, y, y_stride, n_rows, 5); return;
	case 6: tile_store(tile, fn, y, y_stride, n_rows, 6); return;
	case 7: tile_store(tile, fn, y, y_stride, n_rows, 7); return;
	case 8: tile_store(tile, fn, y, y_stride, n_rows, 8); return;
	}
}

/* Tokens are taken in groups whose activations stay in the L2 cache while all panels of the call pass by. */
ALWAYS_INLINE void
tile_mul(const struct kern_mul *m, tile_fn *fn, size_t panel_bytes)
{
	struct ahead ahead = ahead_in_order(m->next, m->next_bytes, m->w);
	size_t group = (256 << 10) / m->n_cols / TILE_TOKENS * TILE_TOKENS;

	if (group < TILE_TOKENS)
		group = TILE_TOKENS;
	for (size_t first = 0; first < m->n_tokens; first += group) {
		size_t end = m->n_tokens - first < group ? m->n_tokens : first + group;

		for (size_t row = 0; row < m->n_rows; row += V) {
			for (size_t t = first; t < end; t += TILE_TOKENS) {
				struct tile tile = {
					(const uint8_t *)m->w + row / V * panel_bytes, m->n_cols,
					(const char *)m->x + t * m->x_stride, m->x_stride, t == 0 ? &ahead : NULL,
				};

				tile_run(&tile, fn, m->y + t * m->y_stride + row, m->y_stride, m->n_rows - row,
				    end - t < TILE_TOKENS ? end - t : TILE_TOKENS);
			}
		}
	}
}

#endif
