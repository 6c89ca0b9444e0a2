/* Ternary formats with VNNI.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_VNNI_TERNARY_H
#define KERNELS_X86_VNNI_TERNARY_H

#include "kernels/x86/ternary_panel.h"

/* ---- a few tokens: codes are multiplied where they stand ---- */

enum { FEW_TOKENS = V == 16 ? 6 : 2 };

/* S = the sums of N tokens from Q on with a block, which begin from what stands OFF bytes behind Q.  The codes of a line's
 * byte are only masked: those from bit 2 i on count 4^i times, in sums of their own, which so do not wait for each other. */
ALWAYS_INLINE void
few_dot(vi *s, const uint8_t *line, const char *q, size_t stride, size_t off, const int n)
{
	vi acc[FEW_TOKENS][4];

#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++)
			acc[t][i] = vi_zero();
#pragma GCC unroll 1
	for (int j = 0; j < TERNARY_LINES; j++) {
		vi four = vi_load(line + 4 * V * j);
		const char *at[FEW_TOKENS];

#pragma GCC unroll 8
		for (int t = 0; t < n; t++)
			at[t] = vi_dpbusd_base(q + (size_t)t * stride + 4 * j);
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) {
			vi code = vi_and(four, vi_set8(3 << 2 * i));

#pragma GCC unroll 8
			for (int t = 0; t < n; t++) {
				acc[t][i] = vi_dpbusd_at(acc[t][i], code, at[t] + 64 * i);
				vi_pin(&acc[t][i]);
			}
		}
	}
#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		vi low = vi_add32(acc[t][0], vi_sar32(acc[t][1], 2)), high = vi_add32(acc[t][2], vi_sar32(acc[t][3], 2));

		s[t] = vi_add32(vi_broadcast32(q + (size_t)t * stride + off), vi_add32(low, vi_sar32(high, 4)));
	}
}

/* All rows times N tokens from T on. */
ALWAYS_INLINE void
few_rows(const struct kern_mul *m, size_t token, const int n, const bool has_scale)
{
	const size_t panel_bytes = ternary_panel_bytes(m->n_cols, has_scale), whole = act_q8_token_len(m->n_cols);
	const size_t x_stride = m->x_stride, y_stride = m->y_stride;
	const char *x = (const char *)m->x + token * x_stride;
	struct ahead ahead = ahead_in_order(m->next, m->next_bytes, m->w);

	for (size_t row = 0; row < m->n_rows; row += V) {
		const uint8_t *block = (const uint8_t *)m->w + row / V * panel_bytes;
		float *y = m->y + token * y_stride + row;
		vf sum[FEW_TOKENS];

#pragma GCC unroll 8
		for (int t = 0; t < n; t++)
			sum[t] = v_zero();
		for (size_t at = 0; at < whole; at += TERNARY_LEN, block += ternary_block_bytes(has_scale)) {
			vf d = has_scale ? v_f16(block) : v_set1(1);
			vi s[FEW_TOKENS];

			few_dot(s, block + (has_scale ? 2 * V : 0), x + at, x_stride, whole - at + at / 64, n);
#pragma GCC unroll 8
			for (int t = 0; t < n; t++)
				sum[t] = v_fma(v_from_i32(s[t]), d, sum[t]);
			if (token == 0)
				ahead_read(&ahead, ternary_block_bytes(has_scale));
		}
#pragma GCC unroll 8
		for (int t = 0; t < n; t++) {
			float d = act_q8_token_at(x + (size_t)t * x_stride, m->n_cols).d;

			v_store_n(y + (size_t)t * y_stride, v_mul(sum[t], v_set1(d)), m->n_rows - row);
		}
	}
}

ALWAYS_INLINE void
few_mul(const struct kern_mul *m, const bool has_scale)
{
	size_t t = 0;

	for (; t + FEW_TOKENS <= m->n_tokens; t += FEW_TOKENS)
		few_rows(m, t, FEW_TOKENS, has_scale);
	switch (m->n_tokens - t) {
	case 2: few_rows(m, t, 2, has_scale); break;
	case 1: few_rows(m, t, 1, has_scale); break;
	}
	if (FEW_TOKENS < 6)
		return;
	switch (m->n_tokens - t) {
	case 5: few_rows(m, t, 5, has_scale); break;
	case 4: few_rows(m, t, 4, has_scale); break;
	case 3: few_rows(m, t, 3, has_scale); break;
	}
}

/* ---- many tokens: a block of some panels is unpacked once for all of them ---- */

/* Sums of a tile stay in registers, beside codes of its panels and the activations that meet them. */
enum {
	SLAB_PANELS = V == 16 ? 4 : 2,
	SLAB_ROWS = SLAB_PANELS * V,
	SLAB_TOKENS = 6,
	SLAB_LINES = TERNARY_LEN / 4,
	SLAB_MOST = 22 * SLAB_TOKENS,	/* tokens: their sums stay in the second cache */
};

/* 256 columns of some panels, unpacked: line g holds columns 4 g .. 4 g + 3.  They stay in the first cache while many tokens
 * pass by. */
struct slab {
	vi line[SLAB_LINES][SLAB_PANELS];
	vf d[SLAB_PANELS];
};

/* The block that begins at FROM in the first of the panels.  Lines are written in order of address. */
ALWAYS_INLINE void
slab_unpack(struct slab *s, const uint8_t *from, size_t panel_bytes, const bool has_scale)
{
	const uint8_t *lines = from + (has_scale ? 2 * V : 0);

	for (int p = 0; p < SLAB_PANELS; p++)
		s->d[p] = has_scale ? v_f16(from + (size_t)p * panel_bytes) : v_set1(1);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < TERNARY_LINES; j++)
#pragma GCC unroll 4
			for (int p = 0; p < SLAB_PANELS; p++) {
				vi four = vi_load(lines + (size_t)p * panel_bytes + (size_t)j * 4 * V);

				s->line[TERNARY_LINES * i + j][p] = vi_and(i ? vi_shr16(four, 2 * i) : four, vi_set8(3));
			}
}

typedef vf slab_sums[SLAB_PANELS];

/* Add to SUM the products with N tokens, whose activations begin at Q, and OFF bytes behind that what sums begin from. */
ALWAYS_INLINE void
slab_dot(slab_sums *sum, const struct slab *s, const char *q, size_t stride, size_t off, const int n)
{
	vi acc[SLAB_TOKENS][SLAB_PANELS];

#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
#pragma GCC unroll 4
		for (int p = 0; p < SLAB_PANELS; p++)
			acc[t][p] = vi_broadcast32(q + (size_t)t * stride + off);
	for (int g = 0; g < SLAB_LINES; g++)
#pragma GCC unroll 8
		for (int t = 0; t < n; t++) {
			vi x = vi_broadcast32(q + (size_t)t * stride + 4 * g);

			vi_pin(&x);
#pragma GCC unroll 4
			for (int p = 0; p < SLAB_PANELS; p++) {
				acc[t][p] = vi_dpbusd(acc[t][p], s->line[g][p], x);
				vi_pin(&acc[t][p]);
			}
		}
#pragma GCC unroll 8
	for (int t = 0; t < n; t++)
#pragma GCC unroll 4
		for (int p = 0; p < SLAB_PANELS; p++)
			sum[t][p] = v_fma(v_from_i32(acc[t][p]), s->d[p], sum[t][p]);
}

/* Functions of their own: the compiler finds registers for the sums only where there is nothing else. */
#define SLAB_DOT(n) \
static __attribute__((noinline)) void \
slab_dot_##n(slab_sums *sum, const struct slab *s, const char *q, size_t stride, size_t off) \
{ \
	slab_dot(sum, s, q, stride, off, n); \
}
SLAB_DOT(1)
SLAB_DOT(2)
SLAB_DOT(3)
SLAB_DOT(4)
SLAB_DOT(5)
SLAB_DOT(6)
#undef SLAB_DOT

typedef void slab_dot_fn(slab_sums *sum, const struct slab *s, const char *q, size_t stride, size_t off);

/* The SLAB_ROWS rows from ROW on times N tokens from T on, in tiles that are as large as each other.
 * The lines of y are asked for meanwhile, those of one panel with a stretch: they would be waited for in the end. */
ALWAYS_INLINE void
slab_rows(const struct kern_mul *m, struct ahead *ahead, size_t row, size_t t, size_t n, const bool has_scale)
{
	slab_dot_fn *const dot[] = {NULL, slab_dot_1, slab_dot_2, slab_dot_3, slab_dot_4, slab_dot_5, slab_dot_6};
	const size_t panel_bytes = ternary_panel_bytes(m->n_cols, has_scale), whole = act_q8_token_len(m->n_cols);
	const size_t n_tiles = (n + SLAB_TOKENS - 1) / SLAB_TOKENS, least = n / n_tiles, larger = n % n_tiles;
	const size_t x_stride = m->x_stride, y_stride = m->y_stride;
	const uint8_t *block = (const uint8_t *)m->w + row / V * panel_bytes;
	const char *x = (const char *)m->x + t * x_stride;
	float *y = m->y + t * y_stride + row;
	slab_sums sum[SLAB_MOST];
	struct slab s;

	memset(sum, 0, n * sizeof *sum);
	for (size_t at = 0; at < whole; at += TERNARY_LEN, block += ternary_block_bytes(has_scale)) {
		size_t from = 0;

		slab_unpack(&s, block, panel_bytes, has_scale);
		for (size_t i = 0; i < n_tiles; i++) {
			size_t n_here = least + (i < larger), line = at / TERNARY_LEN % SLAB_PANELS * V;

			for (size_t j = 0; j < n_here; j++)
				_mm_prefetch((const char *)(y + (from + j) * y_stride + line), _MM_HINT_T0);
			dot[n_here](sum + from, &s, x + from * x_stride + at, x_stride, whole - at + at / 64);
			from += n_here;
			if (t == 0)
				ahead_read(ahead, SLAB_PANELS * ternary_block_bytes(has_scale) / n_tiles);
		}
	}
	for (size_t i = 0; i < n; i++) {
		vf d = v_set1(act_q8_token_at(x + i * x_stride, m->n_cols).d);

		for (int p = 0; p < SLAB_PANELS; p++)
			v_store(y + i * y_stride + (size_t)p * V, v_mul(sum[i][p], d));
	}
}

ALWAYS_INLINE void
ternary_mul(const struct kern_mul *m, const bool has_scale)
{
	size_t row = 0;
	struct kern_mul rest = *m;
	struct ahead ahead = ahead_of(m->next, m->next_bytes);

	for (; m->n_tokens > FEW_TOKENS && row + SLAB_ROWS <= m->n_rows; row += SLAB_ROWS)
		for (size_t t = 0; t < m->n_tokens; t += SLAB_MOST)
			slab_rows(m, &ahead, row, t, m->n_tokens - t < SLAB_MOST ? m->n_tokens - t : SLAB_MOST, has_scale);
	rest.w = (const uint8_t *)m->w + row / V * ternary_panel_bytes(m->n_cols, has_scale);
	rest.n_rows -= row;
	rest.y += row;
	few_mul(&rest, has_scale);
}

#include "kernels/x86/ternary.h"

#endif
