/* Scores of keys of a q8_0 cache, products of integers; the order of kernels/ref/kv.c.  Include after an instruction
 * set's v.h and kv_dot.h. */
#ifndef KERNELS_X86_KV_Q8_0_H
#define KERNELS_X86_KV_Q8_0_H

#include "kernels/kv_q8_0.h"
#include "kernels/simd/ahead.h"
#include "kernels/simd/kv_tile.h"

/* Panel P and N rows of queries from X on: of each block the products of all keys, four numbers at a time.  AHEAD is NULL
 * when other rows were the first to meet these keys. */
ALWAYS_INLINE void
score_q8_0(const struct kern_attn *a, struct ahead *ahead, const struct kv_panel_q8_0 *p, const char *x, float *s, const int n)
{
	vf sum[FEW][LINE_VECTORS];

	for (int t = 0; t < n; t++)
		for (int j = 0; j < LINE_VECTORS; j++)
			sum[t][j] = v_zero();
	for (size_t i = 0; i < a->dim / 32; i++, p++, x += sizeof(struct kv_query_q8_0)) {
		vi acc[FEW][LINE_VECTORS];

		for (int t = 0; t < n; t++)
			for (int j = 0; j < LINE_VECTORS; j++)
				acc[t][j] = kv_dot_start((const void *)(x + (size_t)t * a->q_stride));
		if (ahead)
			ahead_read(ahead, sizeof *p);
		for (int four = 0; four < 8; four++)
			for (int j = 0; j < LINE_VECTORS; j++) {
				vi k = vi_load(p->qs[four][j * V]);

				for (int t = 0; t < n; t++)
					acc[t][j] = kv_dot(acc[t][j], k, vi_broadcast32(x + (size_t)t * a->q_stride + 4 * four));
			}
		for (int t = 0; t < n; t++) {
			const struct kv_query_q8_0 *q = (const void *)(x + (size_t)t * a->q_stride);

			for (int j = 0; j < LINE_VECTORS; j++)
				sum[t][j] = v_fma(v_from_i32(acc[t][j]), v_mul(v_f16(p->d + j * V), v_set1(q->d)), sum[t][j]);
		}
	}
	for (int t = 0; t < n; t++)
		for (int j = 0; j < LINE_VECTORS; j++)
			v_store(s + (size_t)t * a->s_stride + j * V, v_mul(sum[t][j], v_set1(a->scale)));
}

static void
q8_0_score(const struct kern_attn *a)
{
	struct ahead of_these = ahead_in_order(a->next, a->next_bytes, a->kv);

	for (size_t key = 0; key < a->n_keys; key += KV_PANEL) {
		struct ahead *ahead = a->n_q <= FEW ? &of_these : NULL;
		const struct kv_panel_q8_0 *p = (const void *)((const char *)a->kv + key * a->kv_stride);
		struct kv_span rows = rows_seeing(a, key, KV_PANEL, FEW);
		const char *x = a->q;
		float *s = a->s + key;
		size_t q = rows.first;

		for (; q + FEW <= rows.end; q += FEW, ahead = NULL)
			score_q8_0(a, ahead, p, x + q * a->q_stride, s + q * a->s_stride, FEW);
		for (; q + 2 <= rows.end; q += 2, ahead = NULL)
			score_q8_0(a, ahead, p, x + q * a->q_stride, s + q * a->s_stride, 2);
		for (; q < rows.end; q++, ahead = NULL)
			score_q8_0(a, ahead, p, x + q * a->q_stride, s + q * a->s_stride, 1);
	}
}

#endif
