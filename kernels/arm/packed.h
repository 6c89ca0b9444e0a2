/* Q4_0, Q8_0, Q4_K and Q6_K times q8 in panels, the bits of kernels/ref.  Weights are signed bytes, codes of fewer
 * bits in the high bits of theirs: the integer sums are then 4 or 16 times what they are, which the conversion to
 * floats takes back.  Include after an instruction set's dot.h. */
#ifndef KERNELS_ARM_PACKED_H
#define KERNELS_ARM_PACKED_H

#include "kernels/arm/tile.h"

/* The low or the high halves of a group, as high halves. */
ALWAYS_INLINE void
group_low_halves(int8x16_t w[8], const uint8_t *group)
{
	group_load(w, group);
	for (int i = 0; i < 8; i++)
		w[i] = vshlq_n_s8(w[i], 4);
}

ALWAYS_INLINE void
group_high_halves(int8x16_t w[8], const uint8_t *group)
{
	group_load(w, group);
	for (int i = 0; i < 8; i++)
		w[i] = vandq_s8(w[i], vdupq_n_s8((int8_t)0xf0));
}

ALWAYS_INLINE void
tile_q4_0(const struct tile *tile, struct sums *sum, const int n)
{
	const uint8_t *p = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b++, p += PANEL_ROWS * sizeof(struct block_q4_0)) {
		struct dots dots[TILE_UNITS];
		int8x16_t w[8];
		vf low, high;

		tile_dots_clear(dots, n);
		group_low_halves(w, p + 2 * PANEL_ROWS);
		tile_dots(tile, dots, w, 32 * b, n);
		group_high_halves(w, p + 2 * PANEL_ROWS);
		tile_dots(tile, dots, w, 32 * b + 16, n);
		halves_load(&low, &high, p);
		tile_add_scaled(tile, sum, dots, rows_spread(low, high), b, n, from_sixteenths);
	}
}

ALWAYS_INLINE void
tile_q8_0(const struct tile *tile, struct sums *sum, const int n)
{
	const uint8_t *p = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b++, p += PANEL_ROWS * sizeof(struct block_q8_0)) {
		struct dots dots[TILE_UNITS];
		int8x16_t w[8];
		vf low, high;

		tile_dots_clear(dots, n);
		group_load(w, p + 2 * PANEL_ROWS);
		tile_dots(tile, dots, w, 32 * b, n);
		group_load(w, p + 2 * PANEL_ROWS + GROUP_BYTES);
		tile_dots(tile, dots, w, 32 * b + 16, n);
		halves_load(&low, &high, p);
		tile_add_scaled(tile, sum, dots, rows_spread(low, high), b, n, from_whole);
	}
}

/* FACTOR times the bytes of 8 rows. */
ALWAYS_INLINE void
bytes_scaled(float out[PANEL_ROWS], int8x8_t bytes, vf low, vf high)
{
	int16x8_t words = vmovl_s8(bytes);

	v_store(out, v_mul(low, vcvtq_f32_s32(vmovl_s16(vget_low_s16(words)))));
	v_store(out + V, v_mul(high, vcvtq_f32_s32(vmovl_high_s16(words))));
}

/* d * scale and dmin * min / 128 of the 8 blocks and 8 rows: as q4_k_scales(), one byte of every row at a time. */
ALWAYS_INLINE void
q4_k_unpack_scales(const uint8_t *block, float scale[8][PANEL_ROWS], float min[8][PANEL_ROWS])
{
	const uint8_t *s = block + Q4_K_SCALES;
	const uint8x8_t low6 = vdup_n_u8(63), low4 = vdup_n_u8(15), high2 = vdup_n_u8(0x30);
	vf d[2], dmin[2];

	halves_load(&d[0], &d[1], block);
	halves_load(&dmin[0], &dmin[1], block + 2 * PANEL_ROWS);
	for (int i = 0; i < 2; i++)
		dmin[i] = v_mul(dmin[i], v_set1(0x1p-7f));
	for (int j = 0; j < 4; j++) {
		uint8x8_t a = vld1_u8(s + 8 * j), b = vld1_u8(s + 8 * (4 + j)), c = vld1_u8(s + 8 * (8 + j));
		uint8x8_t scale4 = vorr_u8(vand_u8(c, low4), vand_u8(vshr_n_u8(a, 2), high2));
		uint8x8_t min4 = vorr_u8(vshr_n_u8(c, 4), vand_u8(vshr_n_u8(b, 2), high2));

		bytes_scaled(scale[j], vreinterpret_s8_u8(vand_u8(a, low6)), d[0], d[1]);
		bytes_scaled(scale[4 + j], vreinterpret_s8_u8(scale4), d[0], d[1]);
		bytes_scaled(min[j], vreinterpret_s8_u8(vand_u8(b, low6)), dmin[0], dmin[1]);
		bytes_scaled(min[4 + j], vreinterpret_s8_u8(min4), dmin[0], dmin[1]);
	}
}

/* Codes 0..15 of a group: of its low halves, then of its high halves. */
ALWAYS_INLINE void
q4_k_codes_of(int8x16_t w[8], const uint8_t *group, const bool high)
{
	for (int i = 0; i < 8; i++) {
		uint8x16_t both = vld1q_u8(group + 16 * i);

		w[i] = vreinterpretq_s8_u8(high ? vshrq_n_u8(both, 4) : vandq_u8(both, vdupq_n_u8(15)));
	}
}

ALWAYS_INLINE void
q4_k_block(const struct tile *tile, struct sums *sum, const uint8_t *groups, const float *scale, const float *min,
    size_t b, const bool high, const int n)
{
	struct dots dots[TILE_UNITS];
	int8x16_t w[8];

	tile_dots_clear(dots, n);
	q4_k_codes_of(w, groups, high);
	tile_dots(tile, dots, w, 32 * b, n);
	q4_k_codes_of(w, groups + GROUP_BYTES, high);
	tile_dots(tile, dots, w, 32 * b + 16, n);
	tile_add_min(tile, sum, dots, rows_load(scale), rows_load(min), b, n);
}

ALWAYS_INLINE void
tile_q4_k(const struct tile *tile, struct sums *sum, const int n)
{
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += PANEL_ROWS * sizeof(struct block_q4_k)) {
		float scale[8][PANEL_ROWS], min[8][PANEL_ROWS];

		q4_k_unpack_scales(block, scale, min);
		for (size_t j = 0; j < 8; j += 2) {
			const uint8_t *groups = block + Q4_K_GROUPS + j * GROUP_BYTES;

			q4_k_block(tile, sum, groups, scale[j], min[j], b + j, false, n);
			q4_k_block(tile, sum, groups, scale[j + 1], min[j + 1], b + j + 1, true, n);
		}
	}
}

/* 16 columns I of the 64 whose three groups stand at P, codes times four: the fourth is put together from the low
 * bits of the others. */
ALWAYS_INLINE void
q6_k_group(int8x16_t w[8], const uint8_t *p, const int i)
{
	for (int v = 0; v < 8; v++, p += 16) {
		uint8x16_t codes;

		if (i < 3) {
			codes = vandq_u8(vld1q_u8(p + i * GROUP_BYTES), vdupq_n_u8(0xfc));
		} else {
			codes = vshlq_n_u8(vld1q_u8(p + 2 * GROUP_BYTES), 2);
			codes = vsliq_n_u8(codes, vld1q_u8(p + GROUP_BYTES), 4);
			codes = vsliq_n_u8(codes, vld1q_u8(p), 6);
		}
		w[v] = vreinterpretq_s8_u8(codes);
	}
}

/* Block B of 32 columns: groups I and I + 1 with a scale each. */
ALWAYS_INLINE void
q6_k_block(const struct tile *tile, struct sums *sum, const uint8_t *groups, const int i, struct sums scale0,
    struct sums scale1, size_t b, const int n)
{
	struct dots dots0[TILE_UNITS], dots1[TILE_UNITS];
	int8x16_t w[8];

	tile_dots_clear(dots0, n);
	q6_k_group(w, groups, i);
	tile_dots(tile, dots0, w, 32 * b, n);
	tile_dots_clear(dots1, n);
	q6_k_group(w, groups, i + 1);
	tile_dots(tile, dots1, w, 32 * b + 16, n);
	for (int u = 0; u < n; u++) {
		vf d = tile_d(tile, u, b);

		for (int v = 0; v < ROW_VECTORS; v++) {
			vf part = v_mul(from_quarters(dots_get(&dots0[u], v)), scale0.v[v]);

			part = v_fma(from_quarters(dots_get(&dots1[u], v)), scale1.v[v], part);
			sum[u].v[v] = v_fma(part, d, sum[u].v[v]);
		}
	}
}

ALWAYS_INLINE void
tile_q6_k(const struct tile *tile, struct sums *sum, const int n)
{
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += PANEL_ROWS * sizeof(struct block_q6_k)) {
		float scale[16][PANEL_ROWS];
		vf low, high;

		halves_load(&low, &high, block);
		for (int j = 0; j < 16; j++)
			bytes_scaled(scale[j], vreinterpret_s8_u8(vld1_u8(block + Q6_K_SCALES + 8 * j)), low, high);
		for (size_t j = 0; j < 8; j += 2) {
			const uint8_t *groups = block + Q6_K_GROUPS + j / 2 * 3 * GROUP_BYTES;
			float (*s)[PANEL_ROWS] = scale + 2 * j;

			q6_k_block(tile, sum, groups, 0, rows_load(s[0]), rows_load(s[1]), b + j, n);
			q6_k_block(tile, sum, groups, 2, rows_load(s[2]), rows_load(s[3]), b + j + 1, n);
		}
	}
}

/* ---- the slots ---- */

static size_t
q4_0_panel_bytes(size_t n_cols)
{
	return panel_size(sizeof(struct block_q4_0), n_cols / 32);
}

static void
q4_0_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, n_cols, 1, 0x88);
}

static void
q4_0_mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q4_0, q4_0_panel_bytes(m->n_cols));
}

static size_t
q8_0_panel_bytes(size_t n_cols)
{
	return panel_size(sizeof(struct block_q8_0), n_cols / 32);
}

static void
q8_0_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_32_pack(panel, rows, row_bytes, n_rows, n_cols, 2, 0);
}

static void
q8_0_mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q8_0, q8_0_panel_bytes(m->n_cols));
}

static size_t
q4_k_panel_bytes(size_t n_cols)
{
	return panel_size(sizeof(struct block_q4_k), n_cols / 256);
}

static void
q4_k_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q4_k_pack(panel, rows, row_bytes, n_rows, n_cols);
}

static void
q4_k_mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q4_k, q4_k_panel_bytes(m->n_cols));
}

static size_t
q6_k_panel_bytes(size_t n_cols)
{
	return panel_size(sizeof(struct block_q6_k), n_cols / 256);
}

static void
q6_k_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q6_k_pack(panel, rows, row_bytes, n_rows, n_cols);
}

static void
q6_k_mul(const struct kern_mul *m)
{
	tile_mul(m, tile_q6_k, q6_k_panel_bytes(m->n_cols));
}

static void
slot_set(struct kern_mat *mat, size_t (*panel_bytes)(size_t), void (*pack)(void *, const void *, size_t, size_t, size_t),
    void (*mul)(const struct kern_mul *))
{
	mat->pack_rows = PANEL_ROWS;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}

static void
arm_packed(struct kern_mat mat[QT_COUNT])
{
	slot_set(&mat[QT_q4_0], q4_0_panel_bytes, q4_0_pack, q4_0_mul);
	slot_set(&mat[QT_q8_0], q8_0_panel_bytes, q8_0_pack, q8_0_mul);
	slot_set(&mat[QT_q4_k], q4_k_panel_bytes, q4_k_pack, q4_k_mul);
	slot_set(&mat[QT_q6_k], q6_k_panel_bytes, q6_k_pack, q6_k_mul);
}

#endif
