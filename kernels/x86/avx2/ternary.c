/* Ternary formats with AVX2. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/ternary_panel.h"

/* Sums of a tile stay in registers beside the codes of its panels. */
enum { TERNARY_TOKENS = 4, TERNARY_PANELS = 2, TERNARY_HALF = 8 };

/* Add to S the products of half a block's lines with N tokens from Q on.  Each broadcast of activations meets all panels.
 * 32 pairs of products fit 16 bits (2 * 3 * 127 each: a file may hold the code 3). */
ALWAYS_INLINE void
ternary_half(vi *s, const uint8_t *line, size_t panel_bytes, const char *q, size_t x_stride, const int n_panels,
    const int n)
{
	const vi two_bits = vi_set8(3);
	vi acc[TERNARY_PANELS * TERNARY_TOKENS];

	for (int i = 0; i < n_panels * n; i++)
		acc[i] = vi_zero();
	for (int j = 0; j < TERNARY_HALF; j++, line += 4 * V, q += 4) {
		vi four[TERNARY_PANELS];

		for (int p = 0; p < n_panels; p++)
			four[p] = vi_load(line + (size_t)p * panel_bytes);
		for (int i = 0; i < 4; i++) {
			vi w[TERNARY_PANELS];

			for (int p = 0; p < n_panels; p++)
				w[p] = vi_and(i ? vi_shr16(four[p], 2 * i) : four[p], two_bits);
			for (int t = 0; t < n; t++) {
				vi a = vi_broadcast32(q + (size_t)t * x_stride + 64 * i);

				for (int p = 0; p < n_panels; p++) {
					acc[p * n + t] = vi_add16(acc[p * n + t], vi_maddubs(w[p], a));
					vi_pin(&acc[p * n + t]);
				}
			}
		}
	}
	for (int i = 0; i < n_panels * n; i++)
		s[i] = vi_add32(s[i], vi_madd16(acc[i], vi_set16(1)));
}

/* N_PANELS panels times N tokens from X on, in the order of kernels/ref/ternary.c.  AHEAD is NULL when other tokens were
 * the first to meet these weights. */
ALWAYS_INLINE void
ternary_tile(const struct kern_mul *m, struct ahead *ahead, size_t row, size_t token, const int n_panels, const int n,
    const bool has_scale)
{
	size_t whole = act_q8_token_len(m->n_cols), panel_bytes = ternary_panel_bytes(m->n_cols, has_scale);
	const uint8_t *panel = (const uint8_t *)m->w + row / V * panel_bytes;
	const char *x = (const char *)m->x + token * m->x_stride;
	vf sum[TERNARY_PANELS * TERNARY_TOKENS];

	for (int i = 0; i < n_panels * n; i++)
		sum[i] = v_zero();
	for (size_t at = 0; at < whole; at += TERNARY_LEN, panel += ternary_block_bytes(has_scale)) {
		vi s[TERNARY_PANELS * TERNARY_TOKENS];

		for (int t = 0; t < n; t++)
			s[t] = s[(n_panels - 1) * n + t] = vi_broadcast32(x + (size_t)t * m->x_stride + whole + at / 64);
		for (int j = 0; j < TERNARY_LINES; j += TERNARY_HALF) {
			const uint8_t *line = panel + (has_scale ? 2 * V : 0) + 4 * V * j;

			ternary_half(s, line, panel_bytes, x + at + 4 * j, m->x_stride, n_panels, n);
			if (ahead)
				ahead_read(ahead, (size_t)n_panels * 4 * V * TERNARY_HALF);
		}
		for (int p = 0; p < n_panels; p++) {
			vf d = has_scale ? v_f16(panel + (size_t)p * panel_bytes) : v_set1(1);

			for (int t = 0; t < n; t++)
				sum[p * n + t] = v_fma(v_from_i32(s[p * n + t]), d, sum[p * n + t]);
		}
	}
	for (int p = 0; p < n_panels; p++)
		for (int t = 0; t < n; t++) {
			float d = act_q8_token_at(x + (size_t)t * m->x_stride, m->n_cols).d;
			size_t at = row + (size_t)p * V;

			v_store_n(m->y + (token + (size_t)t) * m->y_stride + at, v_mul(sum[p * n + t], v_set1(d)),
			    m->n_rows - at);
		}
}

ALWAYS_INLINE void
ternary_rows(const struct kern_mul *m, size_t token, const int n, const bool has_scale)
{
	struct ahead of_these = n > 1 ? ahead_of(m->next, m->next_bytes) : ahead_in_order(m->next, m->next_bytes, m->w);
	struct ahead *ahead = token == 0 ? &of_these : NULL;
	size_t row = 0;

	for (; n > 1 && row + V < m->n_rows; row += TERNARY_PANELS * V)
		ternary_tile(m, ahead, row, token, TERNARY_PANELS, n, has_scale);
	for (; row < m->n_rows; row += V)
		ternary_tile(m, ahead, row, token, 1, n, has_scale);
}

/* The activations of a few tokens stay in the L1 cache while all panels of the call pass by. */
ALWAYS_INLINE void
ternary_mul(const struct kern_mul *m, const bool has_scale)
{
	size_t t = 0;

	for (; t + TERNARY_TOKENS <= m->n_tokens; t += TERNARY_TOKENS)
		ternary_rows(m, t, TERNARY_TOKENS, has_scale);
	switch (m->n_tokens - t) {
	case 3: ternary_rows(m, t, 3, has_scale); break;
	case 2: ternary_rows(m, t, 2, has_scale); break;
	case 1: ternary_rows(m, t, 1, has_scale); break;
	}
}

#include "kernels/x86/ternary.h"

void
avx2_ternary(struct kern_mat mat[QT_COUNT])
{
	x86_ternary(mat);
}
