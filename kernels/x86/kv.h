/* Scores and mixes of keys and values with vectors; the order of kernels/ref/kv.c: one accumulator an output number,
 * fused steps.  Include after an instruction set's v.h.
 *
 * score: blocks of 2 V keys are turned into columns, kt[number][key], once for all query rows; then V keys are the
 *   lanes, and one broadcast number of a query meets 2 vectors.  Tile of up to QUERIES query rows: 2 QUERIES sums.
 * mix: V numbers of a value are the lanes; tile of up to MIX_QUERIES rows x 4 vectors of sums.  Keys pass in blocks
 *   that stay in the L1 cache; between blocks the sums wait in y. */
#ifndef KERNELS_X86_KV_H
#define KERNELS_X86_KV_H

#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/kern.h"

enum {
	SCORE_KEYS = 2 * V,
	SCORE_DIM = 128,		/* kt: 16 KB with AVX-512 */
	QUERIES = V == 16 ? 8 : 4,
	MIX_KEYS = 128,
	MIX_VECTORS = V == 16 ? 4 : 2,
	MIX_QUERIES = 4,
};

/* Numbers I.. (a multiple of V) of a head as floats, N <= V of them, zeros behind. */
typedef vf kv_load_fn(const void *head, size_t i, size_t n);

ALWAYS_INLINE vf
load_f32(const void *head, size_t i, size_t n)
{
	const char *p = (const char *)head + i * sizeof(float);

	return n >= V ? v_load(p) : v_load_n(p, n);
}

ALWAYS_INLINE vf
load_f16(const void *head, size_t i, size_t n)
{
	const char *p = (const char *)head + i * sizeof(uint16_t);

	return n >= V ? v_f16(p) : v_f16_n(p, n);
}

ALWAYS_INLINE vf
load_q8_0(const void *head, size_t i, size_t n)
{
	const struct block_q8_0 *b = (const struct block_q8_0 *)head + i / 32;

	(void)n;			/* heads are multiples of 32 */
	return v_mul(v_i8(b->qs + i % 32), v_set1(_cvtsh_ss(b->d)));
}

/* kt[i][k] = number FIRST + i of key K. */
ALWAYS_INLINE void
turn_keys(float kt[SCORE_DIM][SCORE_KEYS], const struct kern_attn *a, size_t key, size_t first, size_t n,
    kv_load_fn *load)
{
	for (size_t i = 0; i < n; i += V)
		for (int half = 0; half < 2; half++) {
			vf m[V];

			for (size_t k = 0; k < V; k++) {
				size_t at = key + (size_t)half * V + k;
				const char *head = (const char *)a->kv + at * a->kv_stride;

				m[k] = at < a->n_keys ? load(head, first + i, n - i) : v_zero();
			}
			v_transpose(m);
			for (size_t j = 0; j < V; j++)
				v_store(kt[i + j] + half * V, m[j]);
		}
}

/* Scores of N query rows from Q on; numbers FIRST.. of the head add to those before. */
ALWAYS_INLINE void
score_tile(const struct kern_attn *a, float kt[SCORE_DIM][SCORE_KEYS], size_t q, size_t key, size_t first, size_t n_dim,
    const int n)
{
	size_t left0 = a->n_keys - key, left1 = left0 > V ? left0 - V : 0;
	bool last = first + n_dim == a->dim;
	vf sum[QUERIES][2];

	for (int t = 0; t < n; t++) {
		const float *s = a->s + (q + (size_t)t) * a->s_stride + key;

		sum[t][0] = first ? v_load_n(s, left0) : v_zero();
		sum[t][1] = first ? v_load_n(s + V, left1) : v_zero();
	}
	for (size_t i = 0; i < n_dim; i++) {
		const float *x = a->q + q * a->q_stride + first + i;
		vf k0 = v_load(kt[i]), k1 = v_load(kt[i] + V);

		for (int t = 0; t < n; t++) {
			vf f = v_set1(x[(size_t)t * a->q_stride]);

			sum[t][0] = v_fma(f, k0, sum[t][0]);
			sum[t][1] = v_fma(f, k1, sum[t][1]);
		}
	}
	for (int t = 0; t < n; t++) {
		float *s = a->s + (q + (size_t)t) * a->s_stride + key;
		vf factor = v_set1(last ? a->scale : 1);

		v_store_n(s, v_mul(sum[t][0], factor), left0);
		v_store_n(s + V, v_mul(sum[t][1], factor), left1);
	}
}

ALWAYS_INLINE void
score_with(const struct kern_attn *a, kv_load_fn *load)
{
	float kt[SCORE_DIM][SCORE_KEYS] __attribute__((aligned(64)));

	for (size_t key = 0; key < a->n_keys; key += SCORE_KEYS)
		for (size_t first = 0; first < a->dim; first += SCORE_DIM) {
			size_t n_dim = a->dim - first < SCORE_DIM ? a->dim - first : SCORE_DIM, q = 0;

			turn_keys(kt, a, key, first, n_dim, load);
			for (; q + QUERIES <= a->n_q; q += QUERIES)
				score_tile(a, kt, q, key, first, n_dim, QUERIES);
			for (; q + 2 <= a->n_q; q += 2)
				score_tile(a, kt, q, key, first, n_dim, 2);
			for (; q < a->n_q; q++)
				score_tile(a, kt, q, key, first, n_dim, 1);
		}
}

/* Keys KEY.. (N_KEYS of them) of N query rows and the numbers FIRST..FIRST + MIX_VECTORS * V of the head. */
ALWAYS_INLINE void
mix_tile(const struct kern_attn *a, size_t q, size_t key, size_t n_keys, size_t first, const int n, const bool whole,
    kv_load_fn *load)
{
	vf sum[MIX_QUERIES][MIX_VECTORS];
	size_t left[MIX_VECTORS];

	for (int j = 0; j < MIX_VECTORS; j++) {
		size_t at = first + (size_t)j * V;

		left[j] = whole ? V : at >= a->dim ? 0 : a->dim - at < V ? a->dim - at : V;
		for (int t = 0; t < n; t++)
			sum[t][j] = key || a->add ? v_load_n(a->y + (q + (size_t)t) * a->y_stride + at, left[j]) : v_zero();
	}
	for (size_t k = key; k < key + n_keys; k++) {
		const char *head = (const char *)a->kv + k * a->kv_stride;
		vf v[MIX_VECTORS];

		for (int j = 0; j < MIX_VECTORS; j++)
			v[j] = left[j] ? load(head, first + (size_t)j * V, left[j]) : v_zero();
		for (int t = 0; t < n; t++) {
			vf f = v_set1(a->s[(q + (size_t)t) * a->s_stride + k]);

			for (int j = 0; j < MIX_VECTORS; j++)
				sum[t][j] = v_fma(f, v[j], sum[t][j]);
		}
	}
	for (int t = 0; t < n; t++)
		for (int j = 0; j < MIX_VECTORS; j++)
			v_store_n(a->y + (q + (size_t)t) * a->y_stride + first + (size_t)j * V, sum[t][j], left[j]);
}

ALWAYS_INLINE void
mix_block(const struct kern_attn *a, size_t key, size_t n_keys, size_t first, const bool whole, kv_load_fn *load)
{
	size_t q = 0;

	for (; q + MIX_QUERIES <= a->n_q; q += MIX_QUERIES)
		mix_tile(a, q, key, n_keys, first, MIX_QUERIES, whole, load);
	for (; q + 2 <= a->n_q; q += 2)
		mix_tile(a, q, key, n_keys, first, 2, whole, load);
	for (; q < a->n_q; q++)
		mix_tile(a, q, key, n_keys, first, 1, whole, load);
}

ALWAYS_INLINE void
mix_with(const struct kern_attn *a, kv_load_fn *load)
{
	for (size_t key = 0; key < a->n_keys || key == 0; key += MIX_KEYS) {
		size_t n_keys = a->n_keys - key < MIX_KEYS ? a->n_keys - key : MIX_KEYS;

		for (size_t first = 0; first < a->dim; first += MIX_VECTORS * V) {
			if (a->dim - first >= MIX_VECTORS * V)
				mix_block(a, key, n_keys, first, true, load);
			else
				mix_block(a, key, n_keys, first, false, load);
		}
	}
}

static void
f32_score(const struct kern_attn *a)
{
	score_with(a, load_f32);
}

static void
f32_mix(const struct kern_attn *a)
{
	mix_with(a, load_f32);
}

static void
f16_score(const struct kern_attn *a)
{
	score_with(a, load_f16);
}

static void
f16_mix(const struct kern_attn *a)
{
	mix_with(a, load_f16);
}

static void
q8_0_score(const struct kern_attn *a)
{
	score_with(a, load_q8_0);
}

static void
q8_0_mix(const struct kern_attn *a)
{
	mix_with(a, load_q8_0);
}

static void
f16_store(void *dst, const float *x, size_t dim)
{
	for (size_t i = 0; i < dim; i += V)
		v_f16_store_n((char *)dst + 2 * i, v_load_n(x + i, dim - i), dim - i);
}

static void
x86_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f32].score = f32_score;
	kv[KV_f32].mix = f32_mix;
	kv[KV_f16].store = f16_store;
	kv[KV_f16].score = f16_score;
	kv[KV_f16].mix = f16_mix;
	kv[KV_q8_0].score = q8_0_score;
	kv[KV_q8_0].mix = q8_0_mix;
}

#endif
