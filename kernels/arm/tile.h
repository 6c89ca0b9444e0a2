/* The walk over a product with packed weights: panels of 8 rows, tiles of up to TILE_TOKENS tokens, activations in q8
 * (kernels/act.h).  A unit is the tokens that one vector of sums holds beside its rows (dot.h): one, or two with
 * SMMLA.  Include after an instruction set's dot.h. */
#ifndef KERNELS_ARM_TILE_H
#define KERNELS_ARM_TILE_H

#include "kernels/act.h"
#include "kernels/arm/panel.h"
#include "kernels/kern.h"

enum { TILE_TOKENS = TILE_UNITS * UNIT_TOKENS };

/* One panel times the activations of a few tokens. */
struct tile {
	const uint8_t *panel;
	size_t n_cols;
	const char *x[TILE_TOKENS];	/* one without a partner stands twice */
};

/* sum[u] = the 8 rows' products of unit u; N, the number of units, is a constant where this is inlined. */
typedef void tile_fn(const struct tile *tile, struct sums *sum, const int n);

/* Whole numbers, perhaps with bits behind the point, as floats: exact below 2^24. */
typedef vf to_float_fn(int32x4_t a);
ALWAYS_INLINE vf from_whole(int32x4_t a) { return vcvtq_f32_s32(a); }
ALWAYS_INLINE vf from_quarters(int32x4_t a) { return vcvtq_n_f32_s32(a, 2); }
ALWAYS_INLINE vf from_sixteenths(int32x4_t a) { return vcvtq_n_f32_s32(a, 4); }

ALWAYS_INLINE const char *const *
tile_unit(const struct tile *tile, int u)
{
	return tile->x + u * UNIT_TOKENS;
}

/* The scales and the offsets that the unit's tokens have for block B of 32 columns. */
ALWAYS_INLINE vf
tile_d(const struct tile *tile, int u, size_t b)
{
	return vreinterpretq_f32_u32(unit_dword(tile_unit(tile, u), tile->n_cols + 4 * b));
}

/* A whole number that comes with ACT_BIAS, without it. */
ALWAYS_INLINE vf
unbiased(uint32x4_t bits)
{
	return v_sub(vreinterpretq_f32_u32(bits), v_set1(ACT_BIAS_FLOAT));
}

ALWAYS_INLINE vf
tile_foff32(const struct tile *tile, int u, size_t b)
{
	size_t at = tile->n_cols + tile->n_cols / 2 + 4 * b;

	return vreinterpretq_f32_u32(unit_dword(tile_unit(tile, u), at));
}

ALWAYS_INLINE vf
tile_off16(const struct tile *tile, int u, size_t half_block)
{
	size_t at = tile->n_cols + tile->n_cols / 4 + 4 * half_block;

	return unbiased(unit_dword(tile_unit(tile, u), at));
}

ALWAYS_INLINE void
tile_clear(struct sums *sum, const int n)
{
	for (int u = 0; u < n; u++)
		sum[u] = rows_spread(v_zero(), v_zero());
}

ALWAYS_INLINE void
tile_dots_clear(struct dots *dots, const int n)
{
	for (int u = 0; u < n; u++)
		dots[u] = dots_zero();
}

/* Adds the products of a group with the 16 columns from AT on. */
ALWAYS_INLINE void
tile_dots(const struct tile *tile, struct dots *dots, const int8x16_t w[8], size_t at, const int n)
{
	for (int u = 0; u < n; u++)
		dots_add(&dots[u], w, xs_load(tile_unit(tile, u), at));
}

/* sum += dots * scale * dx for block B. */
ALWAYS_INLINE void
tile_add_scaled(const struct tile *tile, struct sums *sum, const struct dots *dots, struct sums scale, size_t b,
    const int n, to_float_fn *to_float)
{
	for (int u = 0; u < n; u++) {
		vf d = tile_d(tile, u, b);

		for (int v = 0; v < ROW_VECTORS; v++)
			sum[u].v[v] = v_fma(v_mul(to_float(dots_get(&dots[u], v)), scale.v[v]), d, sum[u].v[v]);
	}
}

/* sum += (dots * scale + foff32 * min) * dx for block B. */
ALWAYS_INLINE void
tile_add_min(const struct tile *tile, struct sums *sum, const struct dots *dots, struct sums scale, struct sums min,
    size_t b, const int n)
{
	for (int u = 0; u < n; u++) {
		vf d = tile_d(tile, u, b), off = tile_foff32(tile, u, b);

		for (int v = 0; v < ROW_VECTORS; v++) {
			vf part = v_fma(off, min.v[v], v_mul(from_whole(dots_get(&dots[u], v)), scale.v[v]));

			sum[u].v[v] = v_fma(part, d, sum[u].v[v]);
		}
	}
}

ALWAYS_INLINE struct sums
rows_load(const float scale[PANEL_ROWS])
{
	return rows_spread(v_load(scale), v_load(scale + V));
}

/* The sums of one unit to its N_TOKENS or more tokens' rows of y. */
ALWAYS_INLINE void
unit_store(const struct sums *sum, float *y, size_t y_stride, size_t n_rows, size_t n_tokens)
{
	for (size_t t = 0; t < UNIT_TOKENS && t < n_tokens; t++) {
		v_store_n(y + t * y_stride, rows_of(sum, (int)t, 0), n_rows);
		if (n_rows > V)
			v_store_n(y + t * y_stride + V, rows_of(sum, (int)t, 1), n_rows - V);
	}
}

/* The tokens from FIRST on, N of them or as many as a tile holds. */
ALWAYS_INLINE struct tile
tile_at(const struct kern_mul *m, const void *panel, size_t first, size_t n)
{
	struct tile tile = {panel, m->n_cols};

	for (size_t i = 0; i < TILE_TOKENS; i++)
		tile.x[i] = (const char *)m->x + (first + (i < n ? i : n - 1)) * m->x_stride;
	return tile;
}

ALWAYS_INLINE void
tile_store(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, size_t n_rows, size_t n_tokens,
    const int n_units)
{
	struct sums sum[TILE_UNITS];

	fn(tile, sum, n_units);
	for (int u = 0; u < n_units; u++)
		unit_store(&sum[u], y + (size_t)u * UNIT_TOKENS * y_stride, y_stride, n_rows, n_tokens - (size_t)u * UNIT_TOKENS);
}

ALWAYS_INLINE void
tile_run(const struct tile *tile, tile_fn *fn, float *y, size_t y_stride, size_t n_rows, size_t n_tokens)
{
	size_t n_units = (n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS;

	switch (n_units) {
	case 1: tile_store(tile, fn, y, y_stride, n_rows, n_tokens, 1); return;
	case 2: tile_store(tile, fn, y, y_stride, n_rows, n_tokens, 2); return;
	}
	if (TILE_UNITS < 4)
		return;
	switch (n_units) {
	case 3: tile_store(tile, fn, y, y_stride, n_rows, n_tokens, 3); return;
	case 4: tile_store(tile, fn, y, y_stride, n_rows, n_tokens, 4); return;
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

		for (size_t row = 0; row < m->n_rows; row += PANEL_ROWS)
			for (size_t t = first; t < end; t += TILE_TOKENS) {
				size_t n = end - t < TILE_TOKENS ? end - t : TILE_TOKENS;
				struct tile tile = tile_at(m, (const char *)m->w + row / PANEL_ROWS * panel_bytes, t, n);

				tile_run(&tile, fn, m->y + t * m->y_stride + row, m->y_stride, m->n_rows - row, n);
			}
	}
}

#endif
