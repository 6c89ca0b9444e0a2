/* Ternary formats with packed weights: V rows side by side, the same layout for all of them.
 *	for each 256 columns: V scales (f16; left out by a format without), then 16 lines of V dwords, dword r of row r:
 *	line j = codes 0, 1, 2 of the columns 4 j .. in the lowest two bits of each byte, 64 + 4 j .. in the next, and so on
 * Columns that are missing at the end are whatever the unpacker gives: their activations are zeros.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_TERNARY_PANEL_H
#define KERNELS_X86_TERNARY_PANEL_H

#include "kernels/act.h"
#include "kernels/fmt/ternary.h"
#include "kernels/simd/ahead.h"
#include "kernels/x86/panel.h"

enum { TERNARY_LINES = 16 };

ALWAYS_INLINE size_t
ternary_block_bytes(const bool has_scale)
{
	return (size_t)(has_scale ? 2 * V : 0) + TERNARY_LINES * 4 * V;
}

ALWAYS_INLINE size_t
ternary_panel_bytes(size_t n_cols, const bool has_scale)
{
	return ((n_cols + TERNARY_LEN - 1) / TERNARY_LEN * ternary_block_bytes(has_scale) + 63) / 64 * 64;
}

/* N_ROWS rows, the missing ones as zeros. */
ALWAYS_INLINE void
ternary_pack(uint8_t *panel, const char *rows, size_t row_bytes, size_t n_rows, size_t n_cols, enum qtype t,
    const bool has_scale, ternary_unpack *unpack)
{
	size_t lines_at = has_scale ? 2 * V : 0, step = qtype_row_bytes(t, TERNARY_LEN);

	panel_clear(panel, ternary_panel_bytes(n_cols, has_scale),
	    (n_cols + TERNARY_LEN - 1) / TERNARY_LEN * ternary_block_bytes(has_scale), n_rows == V);
	for (size_t at = 0; at < n_cols; at += TERNARY_LEN, panel += ternary_block_bytes(has_scale), rows += step)
		for (size_t r = 0; r < n_rows; r++) {
			uint32_t code[TERNARY_LEN / 4];
			size_t left = n_cols - at < TERNARY_LEN ? n_cols - at : TERNARY_LEN;
			uint16_t d = f16_from_f32(unpack((uint8_t *)code, rows + r * row_bytes, left));

			if (has_scale)
				memcpy(panel + 2 * r, &d, sizeof d);
			for (size_t j = 0; j < TERNARY_LINES; j++) {
				uint32_t line = code[j] | code[j + 16] << 2 | code[j + 32] << 4 | code[j + 48] << 6;

				memcpy(panel + lines_at + 4 * (j * V + r), &line, sizeof line);
			}
		}
}

#endif
