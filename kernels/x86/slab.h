/* Products of the formats of coded.def, in two steps: 256 columns of V rows are unpacked into a slab, plain codes of
 * a byte each, and many tokens are multiplied with it.  So a format says only how it unpacks (kernels/x86/slab/<id>.h), and
 * an instruction set only how codes meet activations (slab_dot).  The bits are those of kernels/ref/coded.c.
 * Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_H
#define KERNELS_X86_SLAB_H

#include "kernels/x86/slab_dot.h"
#include "kernels/x86/tile.h"

/* The slab of V rows from ROW on, blocks B .. B + N of 32 columns.  Rows that do not exist may hold anything. */
typedef void slab_unpack(struct slab *s, const struct kern_mul *m, size_t row, size_t b, size_t n);

/* What products of half or whole block H begin with. */
ALWAYS_INLINE vi
slab_start(const struct tile *tile, int t, size_t b, size_t h, struct slab_kind kind)
{
	if (kind.mins)
		return vi_zero();
	return vi_sar32(kind.halves ? tile_off16(tile, t, 2 * b + h) : tile_off32(tile, t, b), kind.zero_shift);
}

/* SUM with block B of token T, whose products are ACC0 and, of its second half, ACC1. */
ALWAYS_INLINE vf
slab_add(vf sum, vi acc0, vi acc1, const struct slab *s, const struct tile *tile, int t, size_t b, struct slab_kind kind)
{
	size_t j = b % SLAB_BLOCKS;
	vf d = tile_d(tile, t, b), scale = v_load(s->scale[0][j]), part;

	if (!kind.halves && !kind.mins)
		return v_fma(v_from_i32(acc0), v_mul(scale, d), sum);
	part = v_mul(v_from_i32(acc0), scale);
	if (kind.halves)
		part = v_fma(v_from_i32(acc1), v_load(s->scale[1][j]), part);
	if (kind.mins && !kind.halves)
		part = v_fma(v_from_i32(tile_off32(tile, t, b)), v_load(s->min[0][j]), part);
	if (kind.mins && kind.halves) {
		part = v_fma(v_from_i32(tile_off16(tile, t, 2 * b)), v_load(s->min[0][j]), part);
		part = v_fma(v_from_i32(tile_off16(tile, t, 2 * b + 1)), v_load(s->min[1][j]), part);
	}
	return v_fma(part, d, sum);
}

/* sum[p * n + t] goes on with block B. */
ALWAYS_INLINE void
slab_add_block(vf *sum, const struct slab *s, const struct tile *tile, size_t b, struct slab_kind kind,
    const int n_panels, const int n)
{
	vi start[SLAB_TOKENS], acc[2][SLAB_SUMS];
	const int halves = kind.halves ? 2 : 1;
	size_t line = 8 * (b % SLAB_BLOCKS);

#pragma GCC unroll 2
	for (int h = 0; h < halves; h++) {
#pragma GCC unroll 8
		for (int t = 0; t < n; t++)
			start[t] = slab_start(tile, t, b, (size_t)h, kind);
		slab_dot(acc[h], start, s, tile, b, line + 4 * (size_t)h, 8 / halves, kind, n_panels, n);
	}
#pragma GCC unroll 8
	for (int i = 0; i < n_panels * n; i++)
		sum[i] = slab_add(sum[i], acc[0][i], acc[halves - 1][i], s + i / n, tile, i % n, b, kind);
}

/* y of N tokens from T on and of N_PANELS slabs, whose first block is B of the row, goes on. */
ALWAYS_INLINE void
slab_tile(const struct kern_mul *m, const struct slab *s, size_t row, size_t b, size_t n_blocks, size_t t,
    struct slab_kind kind, const int n_panels, const int n)
{
	struct tile tile = {NULL, m->n_cols, (const char *)m->x + t * m->x_stride, m->x_stride};
	float *y = m->y + t * m->y_stride + row;
	size_t left = m->n_rows - row;
	vf sum[SLAB_SUMS];

#pragma GCC unroll 8
	for (int i = 0; i < n_panels * n; i++)
		sum[i] = b == 0 ? v_zero() :
		    v_load_n(y + (size_t)(i % n) * m->y_stride + i / n * V, left - (size_t)(i / n * V));
	for (size_t j = 0; j < n_blocks; j++)
		slab_add_block(sum, s, &tile, b + j, kind, n_panels, n);
#pragma GCC unroll 8
	for (int i = 0; i < n_panels * n; i++)
		v_store_n(y + (size_t)(i % n) * m->y_stride + i / n * V, sum[i], left - (size_t)(i / n * V));
}

ALWAYS_INLINE void
slab_tiles(const struct kern_mul *m, const struct slab *s, size_t row, size_t b, size_t n_blocks,
    struct slab_kind kind, const int n_panels)
{
	size_t t = 0;

	for (; t + SLAB_TOKENS <= m->n_tokens; t += SLAB_TOKENS)
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, SLAB_TOKENS);
	for (; t < m->n_tokens; t++)
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, 1);
}

ALWAYS_INLINE void
slab_mul(const struct kern_mul *m, slab_unpack *unpack, struct slab_kind kind)
{
	size_t n_blocks = m->n_cols / 32;
	struct slab s[SLAB_PANELS];

	for (size_t row = 0; row < m->n_rows; row += SLAB_PANELS * V) {
		for (size_t b = 0; b < n_blocks; b += SLAB_BLOCKS) {
			size_t n = n_blocks - b < SLAB_BLOCKS ? n_blocks - b : SLAB_BLOCKS;

			for (size_t p = 0; p < SLAB_PANELS && row + p * V < m->n_rows; p++)
				unpack(&s[p], m, row + p * V, b, n);
			if (SLAB_PANELS > 1 && row + V < m->n_rows)
				slab_tiles(m, s, row, b, n, kind, SLAB_PANELS);
			else
				slab_tiles(m, s, row, b, n, kind, 1);
		}
	}
}

/* ---- formats with panels: how SLAB_BLOCKS blocks that stand at P unpack ---- */

typedef void slab_scales(struct slab *s, const uint8_t *p, size_t n_blocks);
typedef void slab_codes(vi code[8], const uint8_t *p, size_t block);

struct slab_form {
	slab_scales *scales;
	slab_codes *codes;
	size_t len, bytes;		/* of a block of the file, which takes V * bytes in a panel */
};

ALWAYS_INLINE size_t
slab_panel_bytes(const struct slab_form *f, size_t n_cols)
{
	return (n_cols / f->len * f->bytes * V + 63) / 64 * 64;
}

/* Where block B of 32, a multiple of SLAB_BLOCKS, begins in the panel of ROW; what follows is asked for. */
ALWAYS_INLINE const uint8_t *
slab_at(const struct slab_form *f, const struct kern_mul *m, size_t row, size_t b)
{
	const uint8_t *p = (const uint8_t *)m->w + row / V * slab_panel_bytes(f, m->n_cols) + 32 * b / f->len * f->bytes * V;

	tile_prefetch(p, 32 * SLAB_BLOCKS / f->len * f->bytes * V, 1);
	return p;
}

ALWAYS_INLINE void
slab_unpack_panel(struct slab *s, const struct kern_mul *m, size_t row, size_t b, size_t n, const struct slab_form *f,
    int top)
{
	const uint8_t *p = slab_at(f, m, row, b);

	f->scales(s, p, n);
#pragma GCC unroll 8
	for (size_t j = 0; j < SLAB_BLOCKS; j++) {
		vi code[8];

		if (j >= n)
			break;
		f->codes(code, p, j);
#pragma GCC unroll 8
		for (size_t g = 0; g < 8; g++)
			slab_put(s, 8 * j + g, code[g], top);
	}
}

/* One token: codes are multiplied where they unpack. */
ALWAYS_INLINE void
slab_mul_one(const struct kern_mul *m, const struct slab_form *f, struct slab_kind kind)
{
	const struct tile tile = {NULL, m->n_cols, m->x, m->x_stride};
	const int lines = kind.halves ? 4 : 8;
	size_t n_blocks = m->n_cols / 32;
	struct slab s;

	for (size_t row = 0; row < m->n_rows; row += V) {
		vf sum = v_zero();

		for (size_t b = 0; b < n_blocks; b += SLAB_BLOCKS) {
			const uint8_t *p = slab_at(f, m, row, b);

			f->scales(&s, p, n_blocks - b < SLAB_BLOCKS ? n_blocks - b : SLAB_BLOCKS);
#pragma GCC unroll 8
			for (size_t j = 0; j < SLAB_BLOCKS; j++) {
				vi code[8], acc0, acc1 = vi_zero();

				if (b + j >= n_blocks)
					break;
				f->codes(code, p, j);
				acc0 = slab_dot_codes(slab_start(&tile, 0, b + j, 0, kind), code, tile_q(&tile, 0, b + j), lines,
				    kind);
				if (kind.halves)
					acc1 = slab_dot_codes(slab_start(&tile, 0, b + j, 1, kind), code + 4,
					    tile_q(&tile, 0, b + j) + 16, lines, kind);
				sum = slab_add(sum, acc0, acc1, &s, &tile, 0, b + j, kind);
			}
		}
		v_store_n(m->y + row, sum, m->n_rows - row);
	}
}

#endif
