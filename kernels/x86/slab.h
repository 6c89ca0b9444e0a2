/* Products of many tokens in two steps: a stretch of columns of some panels is unpacked once into slabs, plain codes and
 * floats that stay in the first cache while all tokens pass by.  So a format says only how it unpacks
 * (kernels/x86/slab/<id>.h), and an instruction set only how codes meet activations (slab_dot).
 * What bounds such a loop is how many instructions it has: a line that is loaded meets SLAB_TOKENS tokens, and activations
 * that are broadcast meet SLAB_PANELS panels.  Where the integer sums of a block so fill half of the registers, float
 * sums stand in memory.  The bits are those of kernels/ref.
 * Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_H
#define KERNELS_X86_SLAB_H

#include "kernels/x86/slab_dot.h"
#include "kernels/x86/tile.h"

/* Blocks B .. B + N, N <= SLAB_BLOCKS, of the V rows from ROW on to S[0..N), as number P of the panels.  Rows that do not
 * exist may hold anything. */
typedef void slab_unpack(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n);

typedef vf slab_floats[SLAB_TOKENS][SLAB_PANELS];

/* What a block of a token is multiplied by. */
struct slab_token {
	vf d, off[2];
};

ALWAYS_INLINE struct slab_token
slab_token_at(const struct slab_x *x, int t, struct slab_kind kind)
{
	struct slab_token token = {.d = slab_d(x, t)};

	for (int h = 0; kind.mins && h < (kind.halves ? 2 : 1); h++)
		token.off[h] = slab_min_off(x, t, h, kind);
	return token;
}

/* The products ACC of a block, or of its first half, times its scale.  BIAS (v_scale_of_bias) is for where sums come with
 * it. */
ALWAYS_INLINE vf
slab_first(vi acc, vf scale, vf bias, struct slab_kind kind)
{
	return kind.biased ? v_unbiased_mul(acc, scale, bias) : v_mul(v_from_i32(acc), scale);
}

/* PART, which is of the first half, with the products ACC of the second. */
ALWAYS_INLINE vf
slab_second(vf part, vi acc, const float *scale, struct slab_kind kind)
{
	return v_fma(kind.biased ? v_unbiased(acc) : v_from_i32(acc), v_load(scale), part);
}

/* SUM with a block whose products, times its scales, are PART.  MIN of the second half stands STRIDE floats behind that
 * of the first. */
ALWAYS_INLINE vf
slab_add(vf sum, vf part, const float *min, size_t stride, struct slab_token x, struct slab_kind kind)
{
	if (kind.mins)
		part = v_fma(x.off[0], v_load(min), part);
	if (kind.mins && kind.halves)
		part = v_fma(x.off[1], v_load(min + stride), part);
	return v_fma(part, x.d, sum);
}

/* P, whose numbers the compiler is not to keep in registers that integer sums need more. */
ALWAYS_INLINE void *
slab_spill(void *p, const int n_panels, const int n)
{
	return n_panels * n >= V ? v_forget(p) : p;
}

/* SUM goes on with a block. */
ALWAYS_INLINE void
slab_add_block(slab_floats sum, const struct slab *s, const struct slab_x *x, struct slab_kind kind, const int n_panels,
    const int n)
{
	slab_floats first;
	vf (*part)[SLAB_PANELS] = first;
	slab_sums acc;

	slab_dot(acc, s, x, 0, kind, n_panels, n);
	if (kind.halves) {
#pragma GCC unroll 8
		for (int t = 0; t < n; t++)
			for (int p = 0; p < n_panels; p++)
				part[t][p] = slab_first(acc[t][p], v_load(s->scale[0][p]), v_load(s->bias[p]), kind);
		part = slab_spill(part, n_panels, n);
		slab_dot(acc, s, x, 1, kind, n_panels, n);
	}
#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		struct slab_token token = slab_token_at(x, t, kind);

		for (int p = 0; p < n_panels; p++) {
			vf all = kind.halves ? slab_second(part[t][p], acc[t][p], s->scale[1][p], kind) :
			    slab_first(acc[t][p], v_load(s->scale[0][p]), v_load(s->bias[p]), kind);

			sum[t][p] = slab_add(sum[t][p], all, s->min[0][p], SLAB_PANELS * V, token, kind);
		}
	}
}

/* y of N tokens from T on and of N_PANELS panels goes on with N_BLOCKS blocks, the first of which is B of the row. */
ALWAYS_INLINE void
slab_tile(const struct kern_mul *m, const struct slab *s, size_t row, size_t b, size_t n_blocks, size_t t,
    struct slab_kind kind, const int n_panels, const int n)
{
	float *y = m->y + t * m->y_stride + row;
	size_t left = m->n_rows - row;
	slab_floats sums;
	vf (*sum)[SLAB_PANELS] = sums;
	struct slab_x x = slab_x_at(m, t, b, kind, n);

#pragma GCC unroll 8
	for (int i = 0; i < n; i++)
		for (int p = 0; p < n_panels; p++)
			sum[i][p] = b ? v_load_n(y + (size_t)i * m->y_stride + p * V, left - (size_t)(p * V)) : v_zero();
	for (size_t j = 0; j < n_blocks; j++) {
		sum = slab_spill(sum, n_panels, n);
		slab_add_block(sum, &s[j], &x, kind, n_panels, n);
		slab_x_next(&x, kind);
	}
#pragma GCC unroll 8
	for (int i = 0; i < n; i++)
		for (int p = 0; p < n_panels; p++)
			v_store_n(y + (size_t)i * m->y_stride + p * V, sum[i][p], left - (size_t)(p * V));
}

/* All tokens.  With each tile of them as many of the weights that are read next are asked for as it has a share in those
 * of S, which are STRETCH_BYTES: all at once they would be waited for, and the memory would idle while these are
 * multiplied. */
ALWAYS_INLINE void
slab_tiles(const struct kern_mul *m, const struct slab *s, struct ahead *ahead, size_t stretch_bytes, size_t row, size_t b,
    size_t n_blocks, struct slab_kind kind, const int n_panels)
{
	const size_t step = stretch_bytes / ((m->n_tokens + SLAB_TOKENS - 1) / SLAB_TOKENS) + 1;
	size_t t = 0;

	for (; t + SLAB_TOKENS <= m->n_tokens; t += SLAB_TOKENS) {
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, SLAB_TOKENS);
		ahead_read(ahead, step);
	}
	if (t < m->n_tokens)
		ahead_read(ahead, step);
	for (; SLAB_TOKENS > 4 && t + 4 <= m->n_tokens; t += 4)
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, 4);
	for (; t + 2 <= m->n_tokens; t += 2)
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, 2);
	if (t < m->n_tokens)
		slab_tile(m, s, row, b, n_blocks, t, kind, n_panels, 1);
}

/* Scale H of number P of the panels: codes are shifted by slab_shift. */
ALWAYS_INLINE void
slab_put_scale(struct slab *s, int p, int h, vf scale, struct slab_kind kind)
{
	v_store(s->scale[h][p], slab_shift(kind) ? v_mul(scale, v_set1(1.0f / (float)(1 << slab_shift(kind)))) : scale);
}

ALWAYS_INLINE void
slab_unpack_stretch(struct slab *s, int p, slab_unpack *unpack, const struct kern_mul *m, size_t row, size_t b, size_t n,
    struct slab_kind kind)
{
	for (size_t j = 0; j < n; j += SLAB_BLOCKS)
		unpack(&s[j], p, m, row, b + j, n - j < SLAB_BLOCKS ? n - j : SLAB_BLOCKS);
	for (size_t j = 0; kind.biased && j < n; j++)
		v_store(s[j].bias[p], v_scale_of_bias(v_load(s[j].scale[0][p])));
}

/* A stretch of columns stays in the first cache as slabs while all tokens pass by, and in the second their activations
 * while all rows do.  BLOCK_BYTES: what 32 columns of V rows take in a panel; 0 where rows are used as they lie in the
 * file. */
ALWAYS_INLINE void
slab_mul(const struct kern_mul *m, slab_unpack *unpack, size_t block_bytes, struct slab_kind kind)
{
	const size_t n_blocks = m->n_cols / 32;
	struct ahead ahead = ahead_of(m->next, m->next_bytes);
	_Alignas(64) struct slab slabs[SLAB_STRETCH];

	kind.biased = slab_is_biased(kind);
	for (size_t b = 0; b < n_blocks; b += SLAB_STRETCH) {
		size_t n = n_blocks - b < SLAB_STRETCH ? n_blocks - b : SLAB_STRETCH;

		for (size_t row = 0; row < m->n_rows; row += SLAB_PANELS * V) {
			int n_panels = row + V < m->n_rows ? SLAB_PANELS : 1;
			size_t bytes = (size_t)n_panels * n * block_bytes;

			for (int p = 0; p < n_panels; p++)
				slab_unpack_stretch(slabs, p, unpack, m, row + (size_t)p * V, b, n, kind);
			if (n_panels > 1)
				slab_tiles(m, slabs, &ahead, bytes, row, b, n, kind, SLAB_PANELS);
			else
				slab_tiles(m, slabs, &ahead, bytes, row, b, n, kind, 1);
		}
	}
}

/* ---- formats with panels: how SLAB_BLOCKS blocks that stand at P unpack ---- */

typedef void slab_scales_fn(struct slab_scales *s, const uint8_t *p, size_t n_blocks);
typedef void slab_codes_fn(vi code[8], const uint8_t *p, size_t block);

struct slab_form {
	slab_scales_fn *scales;
	slab_codes_fn *codes;
	size_t len, bytes;		/* of a block of the file, which takes V * bytes in a panel */
};

ALWAYS_INLINE size_t
slab_panel_bytes(const struct slab_form *f, size_t n_cols)
{
	return (n_cols / f->len * f->bytes * V + 63) / 64 * 64;
}

/* SLAB_BLOCKS blocks in a panel. */
ALWAYS_INLINE size_t
slab_super_bytes(const struct slab_form *f)
{
	return 32 * SLAB_BLOCKS / f->len * f->bytes * V;
}

/* Where block B of 32, a multiple of SLAB_BLOCKS, begins in the panel of ROW. */
ALWAYS_INLINE const uint8_t *
slab_at(const struct slab_form *f, const struct kern_mul *m, size_t row, size_t b)
{
	return (const uint8_t *)m->w + row / V * slab_panel_bytes(f, m->n_cols) + 32 * b / f->len * f->bytes * V;
}

ALWAYS_INLINE void
slab_unpack_panel(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n, const struct slab_form *f,
    struct slab_kind kind)
{
	const uint8_t *at = slab_at(f, m, row, b);
	struct slab_scales c;

	f->scales(&c, at, n);
#pragma GCC unroll 8
	for (size_t j = 0; j < SLAB_BLOCKS; j++) {
		struct slab *to = &s[j];
		vi code[8];

		if (j >= n)
			break;
		f->codes(code, at, j);
#pragma GCC unroll 8
		for (size_t g = 0; g < 8; g++)
			slab_put(to, p, g, code[g], kind);
		for (int h = 0; h < (kind.halves ? 2 : 1); h++) {
			slab_put_scale(to, p, h, v_load(c.scale[h][j]), kind);
			if (kind.mins)
				v_store(to->min[h][p], v_load(c.min[h][j]));
		}
	}
}

/* One token: codes are multiplied where they unpack, and nothing is shifted for their sums to come with a bias. */
ALWAYS_INLINE void
slab_mul_one(const struct kern_mul *m, const struct slab_form *f, struct slab_kind kind)
{
	const size_t n_blocks = m->n_cols / 32;
	struct ahead ahead = ahead_in_order(m->next, m->next_bytes, m->w);
	struct slab_scales s;

	kind.biased = slab_is_biased(kind) && !kind.mins && slab_shift(kind) == 0;
	for (size_t row = 0; row < m->n_rows; row += V) {
		vf sum = v_zero();

		for (size_t b = 0; b < n_blocks; b += SLAB_BLOCKS) {
			const uint8_t *p = slab_at(f, m, row, b);

			f->scales(&s, p, n_blocks - b < SLAB_BLOCKS ? n_blocks - b : SLAB_BLOCKS);
#pragma GCC unroll 8
			for (size_t j = 0; j < SLAB_BLOCKS; j++) {
				struct slab_x x = slab_x_at(m, 0, b + j, kind, 1);
				vi code[8], acc;
				vf scale, part;

				if (b + j >= n_blocks)
					break;
				f->codes(code, p, j);
				scale = v_load(s.scale[0][j]);
				acc = slab_dot_codes(code, &x, 0, kind);
				part = slab_first(acc, scale, v_scale_of_bias(scale), kind);
				if (kind.halves)
					part = slab_second(part, slab_dot_codes(code, &x, 1, kind), s.scale[1][j], kind);
				sum = slab_add(sum, part, s.min[0][j], SLAB_BLOCKS * V, slab_token_at(&x, 0, kind), kind);
				ahead_read(&ahead, slab_super_bytes(f) / SLAB_BLOCKS);
			}
		}
		v_store_n(m->y + row, sum, m->n_rows - row);
	}
}

#endif
