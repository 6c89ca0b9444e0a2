/* Formats of coded.def, the bits of kernels/ref/coded.c: weights stay as they lie in the file; 256 columns of 8 rows
 * are unpacked into groups (panel.h), once for many tokens.  Include after an instruction set's dot.h. */
#ifndef KERNELS_ARM_CODED_H
#define KERNELS_ARM_CODED_H

#include "kernels/arm/tile.h"
#include "kernels/fmt/coded.h"

/* Tokens whose sums are kept beside each other. */
enum { CODED_TOKENS = 32, CODED_UNITS = CODED_TOKENS / UNIT_TOKENS, CODED_GROUPS = CODED_LEN / 16 };

/* 256 columns of 8 rows; scales and mins as in struct coded. */
struct slab {
	uint8_t group[CODED_GROUPS][GROUP_BYTES];
	float scale[2][CODED_BLOCKS][PANEL_ROWS], min[2][CODED_BLOCKS][PANEL_ROWS];
};

/* The next N columns of the rows from ROWS on; rows that are missing become zeros. */
ALWAYS_INLINE void
slab_fill(struct slab *s, const char *rows, size_t row_bytes, size_t n_rows, size_t n, coded_unpack *unpack,
    const bool mins)
{
	if (n_rows < PANEL_ROWS)
		memset(s, 0, sizeof *s);
	for (size_t r = 0; r < n_rows && r < PANEL_ROWS; r++) {
		struct coded c;

		unpack(&c, rows + r * row_bytes, n);
		for (size_t g = 0; g < CODED_GROUPS; g++)
			group_set(s->group[g], r, (const uint8_t *)c.w + 16 * g, 0);
		for (size_t half = 0; half < 2; half++)
			for (size_t b = 0; b < CODED_BLOCKS; b++) {
				s->scale[half][b][r] = c.scale[half][b];
				if (mins)
					s->min[half][b][r] = c.min[half][b];
			}
	}
}

/* sum += (dots0 * scale0 + dots1 * scale1 [+ off16_0 * min0 + off16_1 * min1]) * dx for block B of the slab, AT of the
 * row. */
ALWAYS_INLINE void
slab_add_halves(const struct slab *s, const struct tile *tile, struct sums *sum, const struct dots *dots0,
    const struct dots *dots1, size_t b, size_t at, const bool mins, const int n)
{
	struct sums scale0 = rows_load(s->scale[0][b]), scale1 = rows_load(s->scale[1][b]);

	for (int u = 0; u < n; u++) {
		vf d = tile_d(tile, u, at);

		for (int v = 0; v < ROW_VECTORS; v++) {
			vf part = v_mul(from_whole(dots_get(&dots0[u], v)), scale0.v[v]);

			part = v_fma(from_whole(dots_get(&dots1[u], v)), scale1.v[v], part);
			if (mins) {
				part = v_fma(tile_off16(tile, u, 2 * at), rows_load(s->min[0][b]).v[v], part);
				part = v_fma(tile_off16(tile, u, 2 * at + 1), rows_load(s->min[1][b]).v[v], part);
			}
			sum[u].v[v] = v_fma(part, d, sum[u].v[v]);
		}
	}
}

/* N_BLOCKS blocks of the slab times N units; FIRST is the first one's place in the row. */
ALWAYS_INLINE void
slab_times(const struct slab *s, const struct tile *tile, struct sums *sum, size_t first, size_t n_blocks,
    const bool mins, const bool halves, const int n)
{
	for (size_t b = 0; b < n_blocks; b++) {
		struct dots dots[2][TILE_UNITS];
		size_t at = first + b;
		int8x16_t w[8];

		tile_dots_clear(dots[0], n);
		group_load(w, s->group[2 * b]);
		tile_dots(tile, dots[0], w, 32 * at, n);
		tile_dots_clear(dots[1], n);
		group_load(w, s->group[2 * b + 1]);
		tile_dots(tile, dots[halves], w, 32 * at + 16, n);
		if (halves)
			slab_add_halves(s, tile, sum, dots[0], dots[1], b, at, mins, n);
		else if (mins)
			tile_add_min(tile, sum, dots[0], rows_load(s->scale[0][b]), rows_load(s->min[0][b]), at, n);
		else
			tile_add_scaled(tile, sum, dots[0], rows_load(s->scale[0][b]), at, n, from_whole);
	}
}

/* 8 rows from ROW on times N tokens from TOKEN on. */
ALWAYS_INLINE void
coded_rows(const struct kern_mul *m, size_t row, size_t token, size_t n, enum qtype t, coded_unpack *unpack,
    const bool mins, const bool halves)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols), n_blocks = m->n_cols / 32, n_rows = m->n_rows - row;
	const char *rows = (const char *)m->w + row * row_bytes;
	struct sums sum[CODED_UNITS];
	struct slab s;

	tile_clear(sum, CODED_UNITS);
	for (size_t first = 0; first < n_blocks; first += CODED_BLOCKS, rows += qtype_row_bytes(t, CODED_LEN)) {
		size_t left = n_blocks - first < CODED_BLOCKS ? n_blocks - first : CODED_BLOCKS;

		slab_fill(&s, rows, row_bytes, n_rows, 32 * left, unpack, mins);
		for (size_t i = 0; i < n; i += TILE_TOKENS) {
			struct tile tile = tile_at(m, NULL, token + i, n - i);

			if (n - i <= UNIT_TOKENS)
				slab_times(&s, &tile, sum + i / UNIT_TOKENS, first, left, mins, halves, 1);
			else
				slab_times(&s, &tile, sum + i / UNIT_TOKENS, first, left, mins, halves, TILE_UNITS);
		}
	}
	for (size_t i = 0; i < n; i += UNIT_TOKENS)
		unit_store(&sum[i / UNIT_TOKENS], m->y + (token + i) * m->y_stride + row, m->y_stride, n_rows, n - i);
}

ALWAYS_INLINE void
coded_mul(const struct kern_mul *m, enum qtype t, coded_unpack *unpack, const bool mins, const bool halves)
{
	for (size_t token = 0; token < m->n_tokens; token += CODED_TOKENS) {
		size_t n = m->n_tokens - token < CODED_TOKENS ? m->n_tokens - token : CODED_TOKENS;

		for (size_t row = 0; row < m->n_rows; row += PANEL_ROWS)
			coded_rows(m, row, token, n, t, unpack, mins, halves);
	}
}

#define CODED(id, mins, halves) \
static void \
mul_##id(const struct kern_mul *m) \
{ \
	coded_mul(m, QT_##id, fmt_##id##_unpack, mins, halves); \
}
#include "kernels/coded.def"
#undef CODED

static void
arm_coded(struct kern_mat mat[QT_COUNT])
{
#define CODED(id, mins, halves) mat[QT_##id].mul = mul_##id;
#include "kernels/coded.def"
#undef CODED
}

#endif
