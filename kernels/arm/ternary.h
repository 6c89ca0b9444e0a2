/* Formats of ternary.def in panels, the bits of kernels/ref/ternary.c: for each 256 columns 8 scales (f16; left out by a
 * format without) and 4 groups (panel.h), group k holding the codes of columns 64 k.. in the lowest two bits, of
 * 64 k + 16.. in the next, and so on.  Columns that are missing at the end are whatever the unpacker gives: their
 * activations are zeros.  Include after an instruction set's dot.h. */
#ifndef KERNELS_ARM_TERNARY_H
#define KERNELS_ARM_TERNARY_H

#include "kernels/arm/tile.h"
#include "kernels/fmt/ternary.h"

enum { TERNARY_GROUPS = TERNARY_LEN / 64 };

ALWAYS_INLINE size_t
ternary_scales_bytes(const bool has_scale)
{
	return has_scale ? 2 * PANEL_ROWS : 0;
}

ALWAYS_INLINE size_t
ternary_panel_bytes(size_t n_cols, const bool has_scale)
{
	size_t block_bytes = ternary_scales_bytes(has_scale) + TERNARY_GROUPS * GROUP_BYTES;

	return ((n_cols + TERNARY_LEN - 1) / TERNARY_LEN * block_bytes + 63) / 64 * 64;
}

ALWAYS_INLINE void
ternary_pack(uint8_t *panel, const char *rows, size_t row_bytes, size_t n_rows, size_t n_cols, enum qtype t,
    const bool has_scale, ternary_unpack *unpack)
{
	memset(panel, 0, ternary_panel_bytes(n_cols, has_scale));
	for (size_t at = 0; at < n_cols; at += TERNARY_LEN, rows += qtype_row_bytes(t, TERNARY_LEN)) {
		uint8_t *groups = panel + ternary_scales_bytes(has_scale);

		for (size_t r = 0; r < n_rows; r++) {
			uint8_t code[TERNARY_LEN], four[16];
			size_t left = n_cols - at < TERNARY_LEN ? n_cols - at : TERNARY_LEN;
			uint16_t d = f16_from_f32(unpack(code, rows + r * row_bytes, left));

			if (has_scale)
				memcpy(panel + 2 * r, &d, sizeof d);
			for (size_t g = 0; g < TERNARY_GROUPS; g++) {
				const uint8_t *c = code + 64 * g;

				for (size_t i = 0; i < 16; i++)
					four[i] = (uint8_t)(c[i] | c[16 + i] << 2 | c[32 + i] << 4 | c[48 + i] << 6);
				group_set(groups + g * GROUP_BYTES, r, four, 0);
			}
		}
		panel = groups + TERNARY_GROUPS * GROUP_BYTES;
	}
}

/* The I-th 16 columns of a group. */
ALWAYS_INLINE void
ternary_codes(int8x16_t w[8], const uint8_t *group, const int i)
{
	const uint8x16_t mask = vdupq_n_u8(3);

	for (int v = 0; v < 8; v++) {
		uint8x16_t four = vld1q_u8(group + 16 * v);

		w[v] = vreinterpretq_s8_u8(i == 0 ? vandq_u8(four, mask) : i == 1 ? vandq_u8(vshrq_n_u8(four, 2), mask) :
		    i == 2 ? vandq_u8(vshrq_n_u8(four, 4), mask) : vshrq_n_u8(four, 6));
	}
}

/* sum += (off + dots) * scale, for the 256 columns from AT on. */
ALWAYS_INLINE void
ternary_add(const struct tile *tile, struct sums *sum, const struct dots *dots, struct sums scale, size_t at, const int n)
{
	size_t whole = act_q8_token_len(tile->n_cols);

	for (int u = 0; u < n; u++) {
		int32x4_t off = vreinterpretq_s32_u32(unit_dword(tile_unit(tile, u), whole + at / 64));

		for (int v = 0; v < ROW_VECTORS; v++)
			sum[u].v[v] = v_fma(from_whole(vaddq_s32(dots_get(&dots[u], v), off)), scale.v[v], sum[u].v[v]);
	}
}

ALWAYS_INLINE void
tile_ternary(const struct tile *tile, struct sums *sum, const bool has_scale, const int n)
{
	size_t whole = act_q8_token_len(tile->n_cols);
	const uint8_t *p = tile->panel;

	tile_clear(sum, n);
	for (size_t at = 0; at < whole; at += TERNARY_LEN) {
		struct dots dots[TILE_UNITS];
		vf low = v_set1(1), high = v_set1(1);
		int8x16_t w[8];

		if (has_scale)
			halves_load(&low, &high, p);
		p += ternary_scales_bytes(has_scale);
		tile_dots_clear(dots, n);
		for (size_t g = 0; g < TERNARY_GROUPS; g++, p += GROUP_BYTES)
			for (int i = 0; i < 4; i++) {
				ternary_codes(w, p, i);
				tile_dots(tile, dots, w, at + 64 * g + 16 * (size_t)i, n);
			}
		ternary_add(tile, sum, dots, rows_spread(low, high), at, n);
	}
	for (int u = 0; u < n; u++) {
		vf d = vreinterpretq_f32_u32(unit_dword(tile_unit(tile, u), whole / 64 * 65));

		for (int v = 0; v < ROW_VECTORS; v++)
			sum[u].v[v] = v_mul(sum[u].v[v], d);
	}
}

#define TERNARY(id, has_scale) \
ALWAYS_INLINE void \
tile_##id(const struct tile *tile, struct sums *sum, const int n) \
{ \
	tile_ternary(tile, sum, has_scale, n); \
} \
static size_t \
panel_bytes_##id(size_t n_cols) \
{ \
	return ternary_panel_bytes(n_cols, has_scale); \
} \
static void \
pack_##id(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols) \
{ \
	ternary_pack(panel, rows, row_bytes, n_rows, n_cols, QT_##id, has_scale, fmt_##id##_ternary); \
} \
static void \
mul_##id(const struct kern_mul *m) \
{ \
	tile_mul(m, tile_##id, panel_bytes_##id(m->n_cols)); \
}
#include "kernels/ternary.def"
#undef TERNARY

static void
arm_ternary(struct kern_mat mat[QT_COUNT])
{
#define TERNARY(id, has_scale) \
	mat[QT_##id].pack_rows = PANEL_ROWS; \
	mat[QT_##id].panel_bytes = panel_bytes_##id; \
	mat[QT_##id].pack = pack_##id; \
	mat[QT_##id].mul = mul_##id;
#include "kernels/ternary.def"
#undef TERNARY
}

#endif
