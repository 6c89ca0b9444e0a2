/* Packed weights: 8 rows side by side, in groups of 16 columns that fill 8 vectors.  A group is lines of LINE_COLS
 * columns, a line the bytes of row 0, of row 1, .. row 7: what one instruction of dot.h takes stands in one vector.
 * No larger than the file's but for padding to cache lines.  Include after an instruction set's dot.h. */
#ifndef KERNELS_ARM_PANEL_H
#define KERNELS_ARM_PANEL_H

#include "kernels/fmt/q4_0.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/fmt/q6_k.h"
#include "kernels/fmt/q8_0.h"

enum { PANEL_ROWS = 8, GROUP_BYTES = 16 * PANEL_ROWS };

/* The same size as 8 rows in the file, padded. */
ALWAYS_INLINE size_t
panel_size(size_t block_bytes, size_t n_blocks)
{
	return (PANEL_ROWS * block_bytes * n_blocks + 63) / 64 * 64;
}

/* The 16 bytes of row R at SRC, FLIP xored into each, to their places in a group. */
ALWAYS_INLINE void
group_set(uint8_t *group, size_t r, const uint8_t *src, uint8_t flip)
{
	uint8_t b[16];

	vst1q_u8(b, veorq_u8(vld1q_u8(src), vdupq_n_u8(flip)));
	for (size_t i = 0; i < 16 / LINE_COLS; i++)
		memcpy(group + (i * PANEL_ROWS + r) * LINE_COLS, b + i * LINE_COLS, LINE_COLS);
}

ALWAYS_INLINE void
group_load(int8x16_t w[8], const uint8_t *group)
{
	for (int i = 0; i < 8; i++)
		w[i] = vreinterpretq_s8_u8(vld1q_u8(group + 16 * i));
}

/* The floats of 8 halves: rows 0-3 and 4-7. */
ALWAYS_INLINE void
halves_load(vf *low, vf *high, const uint8_t *p)
{
	*low = v_f16(p);
	*high = v_f16(p + 8);
}

/* ---- Formats of 32 weights with one f16 scale: for each block 8 scales and GROUPS groups.
 *	q4_0: one group, columns 0-15 in the low and 16-31 in the high halves, as signed numbers code - 8
 *	q8_0: two groups ---- */

ALWAYS_INLINE void
panel_32_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows, size_t n_cols, size_t n_groups,
    uint8_t flip)
{
	size_t block_bytes = 2 + 16 * n_groups;

	memset(out, 0, panel_size(block_bytes, n_cols / 32));
	for (size_t b = 0; b < n_cols / 32; b++, out += PANEL_ROWS * block_bytes)
		for (size_t r = 0; r < n_rows; r++) {
			const uint8_t *src = rows + r * row_bytes + b * block_bytes;

			memcpy(out + 2 * r, src, 2);
			for (size_t g = 0; g < n_groups; g++)
				group_set(out + 2 * PANEL_ROWS + g * GROUP_BYTES, r, src + 2 + 16 * g, flip);
		}
}

/* ---- Q4_K: for each 256 columns 8 d, 8 dmin (f16), the 12 scale bytes, 8 times each (one of every row), and 8
 * groups: groups 2 p and 2 p + 1 hold columns 64 p.. in the low and 64 p + 32.. in the high halves. ---- */

enum { Q4_K_SCALES = 4 * PANEL_ROWS, Q4_K_GROUPS = 16 * PANEL_ROWS };

ALWAYS_INLINE void
panel_q4_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	memset(out, 0, panel_size(sizeof(struct block_q4_k), n_cols / 256));
	for (size_t b = 0; b < n_cols / 256; b++, out += PANEL_ROWS * sizeof(struct block_q4_k))
		for (size_t r = 0; r < n_rows; r++) {
			const struct block_q4_k *block = (const void *)(rows + r * row_bytes + b * sizeof *block);

			memcpy(out + 2 * r, &block->d, 2);
			memcpy(out + 2 * (PANEL_ROWS + r), &block->dmin, 2);
			for (size_t i = 0; i < 12; i++)
				out[Q4_K_SCALES + i * PANEL_ROWS + r] = block->scales[i];
			for (size_t g = 0; g < 8; g++)
				group_set(out + Q4_K_GROUPS + g * GROUP_BYTES, r, block->qs + 16 * g, 0);
		}
}

/* ---- Q6_K: for each 256 columns 8 d (f16), the 16 scales, 8 times each, and 12 groups, 3 for each 64 columns: of
 * their four 16 columns, the codes of the first three stand in the high 6 bits of a group each, those of the fourth,
 * two bits each, in the low bits (highest bits in the first group).  Codes are signed numbers code - 32. ---- */

enum { Q6_K_SCALES = 2 * PANEL_ROWS, Q6_K_GROUPS = 18 * PANEL_ROWS };

ALWAYS_INLINE void
panel_q6_k_pack(uint8_t *out, const uint8_t *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	memset(out, 0, panel_size(sizeof(struct block_q6_k), n_cols / 256));
	for (size_t b = 0; b < n_cols / 256; b++, out += PANEL_ROWS * sizeof(struct block_q6_k))
		for (size_t r = 0; r < n_rows; r++) {
			const struct block_q6_k *block = (const void *)(rows + r * row_bytes + b * sizeof *block);
			uint8_t code[256], part[16];

			memcpy(out + 2 * r, &block->d, 2);
			for (size_t i = 0; i < 16; i++)
				out[Q6_K_SCALES + i * PANEL_ROWS + r] = (uint8_t)block->scales[i];
			q6_k_codes(block, code);
			for (size_t g = 0; g < 12; g++) {
				const uint8_t *c = code + g / 3 * 64;

				for (size_t i = 0; i < 16; i++)
					part[i] = (uint8_t)((c[g % 3 * 16 + i] ^ 32) << 2 |
					    ((c[48 + i] ^ 32) >> (4 - g % 3 * 2) & 3));
				group_set(out + Q6_K_GROUPS + g * GROUP_BYTES, r, part, 0);
			}
		}
}

#endif
