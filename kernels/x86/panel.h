/* Packed weights: R rows side by side, so that one vector holds the same four columns of every row (R dwords) and
 * one broadcast dword of activations meets all of them.  R is 16 for AVX-512 and 8 for AVX2; the layouts are the same
 * otherwise, and no larger than the file's but for padding to cache lines.
 * "Line" below means R dwords: dword r belongs to row r. */
#ifndef KERNELS_X86_PANEL_H
#define KERNELS_X86_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/fmt/q4_0.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/fmt/q6_k.h"
#include "kernels/fmt/q8_0.h"

static inline size_t
panel_round(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Row r's dwords j = 0..n-1 (SRC + r * STRIDE) to line j; FLIP is xored into each. */
static inline void
panel_lines(uint8_t *out, const uint8_t *src, size_t stride, size_t n_rows, size_t R, size_t n, uint32_t flip)
{
	for (size_t r = 0; r < n_rows; r++) {
		for (size_t j = 0; j < n; j++) {
			uint32_t v;

			memcpy(&v, src + r * stride + 4 * j, sizeof v);
			v ^= flip;
			memcpy(out + 4 * (j * R + r), &v, sizeof v);
		}
	}
}

/* ---- Formats of 32 weights with one f16 scale.
 * For each pair of blocks: 2 x R scales, then the lines of the first block, then those of the second.
 * A last block without a partner has an empty second half.
 *	q4_0: 4 lines a block, line j = columns 4j.. in the low and 16 + 4j.. in the high halves
 *	q8_0: 8 lines a block, line j = columns 4j.., as unsigned bytes w + 128 ---- */

static inline size_t
panel_pair_bytes(size_t R, size_t n_lines)
{
	return 2 * R * 2 + 2 * n_lines * R * 4;
}

static inline size_t
panel_32_bytes(size_t R, size_t n_lines, size_t n_cols)
{
	return panel_round((n_cols / 32 + 1) / 2 * panel_pair_bytes(R, n_lines));
}

static inline void
panel_32_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t R, size_t n_cols,
    size_t n_lines, uint32_t flip)
{
	size_t block_bytes = 2 + 4 * n_lines;

	memset(panel, 0, panel_32_bytes(R, n_lines, n_cols));
	for (size_t b = 0; b < n_cols / 32; b++) {
		uint8_t *pair = (uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines);
		const uint8_t *src = (const uint8_t *)rows + b * block_bytes;

		for (size_t r = 0; r < n_rows; r++)
			memcpy(pair + 2 * (b % 2 * R + r), src + r * row_bytes, 2);
		panel_lines(pair + 4 * R + b % 2 * n_lines * R * 4, src + 2, row_bytes, n_rows, R, n_lines, flip);
	}
}

/* Block B of a packed row group: its R scales and its first line. */
static inline const uint8_t *
panel_32_scales(const void *panel, size_t R, size_t n_lines, size_t b)
{
	return (const uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines) + b % 2 * 2 * R;
}

static inline const uint8_t *
panel_32_block(const void *panel, size_t R, size_t n_lines, size_t b)
{
	return (const uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines) + 4 * R + b % 2 * n_lines * R * 4;
}

enum { PANEL_Q4_0_LINES = 4, PANEL_Q8_0_LINES = 8 };
#define PANEL_Q8_0_FLIP 0x80808080u

#endif
