/* Scores and mixes of keys and values with NEON; the order of kernels/ref/kv.c: one accumulator an output number,
 * fused steps.
 *
 * score: the keys of a panel are the lanes of 4 vectors, which one number of a query meets.  Tile of up to 4 query rows:
 *   16 sums.  Those of q8_0 are left to the reference.
 * mix: the numbers of a value are the lanes; tile of up to 4 query rows x 4 vectors of sums.  Keys pass in blocks that
 *   stay in the L1 cache; between blocks the sums wait in y. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/fmt/q8_0.h"

enum {
	VECTORS = KV_PANEL / V,
	MIX_KEYS = 64,
	QUERIES = 4,
};

/* Numbers I.. (a multiple of V) of a head as floats, N of them if fewer than V, zeros behind. */
typedef vf load_fn(const void *head, size_t i, size_t n);

ALWAYS_INLINE vf
load_f32(const void *head, size_t i, size_t n)
{
	return v_load_n((const char *)head + i * sizeof(float), n);
}

ALWAYS_INLINE vf
load_f16(const void *head, size_t i, size_t n)
{
	return v_f16_n((const char *)head + i * sizeof(uint16_t), n);
}

ALWAYS_INLINE vf
load_q8_0(const void *head, size_t i, size_t n)
{
	const struct block_q8_0 *b = (const struct block_q8_0 *)head + i / 32;
	vf d = v_from_f16(vdup_n_u16(b->d));

	(void)n;			/* heads are multiples of 32 */
	return v_mul(v_i8(b->qs + i % 32), d);
}

/* Scores of N query rows from Q on and the keys of one panel. */
ALWAYS_INLINE void
score_tile(const struct kern_attn *a, size_t q, size_t key, const int n, load_fn *load)
{
	const char *panel = (const char *)a->kv + key * a->kv_stride, *x = (const char *)a->q + q * a->q_stride;
	vf sum[QUERIES][VECTORS];

	for (int t = 0; t < n; t++)
		for (int v = 0; v < VECTORS; v++)
			sum[t][v] = v_zero();
	for (size_t i = 0; i < a->dim; i++) {
		vf k[VECTORS];

		for (int v = 0; v < VECTORS; v++)
			k[v] = load(panel, i * KV_PANEL + (size_t)v * V, V);
		for (int t = 0; t < n; t++) {
			const float *row = (const void *)(x + (size_t)t * a->q_stride);

			for (int v = 0; v < VECTORS; v++)
				sum[t][v] = vfmaq_n_f32(sum[t][v], k[v], row[i]);
		}
	}
	for (int t = 0; t < n; t++)
		for (int v = 0; v < VECTORS; v++)
			v_store(a->s + (q + (size_t)t) * a->s_stride + key + v * V, v_mul(sum[t][v], v_set1(a->scale)));
}

ALWAYS_INLINE void
score_with(const struct kern_attn *a, load_fn *load)
{
	for (size_t key = 0; key < a->n_keys; key += KV_PANEL) {
		size_t q = 0;

		for (; q + QUERIES <= a->n_q; q += QUERIES)
			score_tile(a, q, key, QUERIES, load);
		for (; q + 2 <= a->n_q; q += 2)
			score_tile(a, q, key, 2, load);
		for (; q < a->n_q; q++)
			score_tile(a, q, key, 1, load);
	}
}

/* Keys KEY.. (N_KEYS of them) of N query rows and the numbers FIRST..FIRST + VECTORS * V of the head. */
ALWAYS_INLINE void
mix_tile(const struct kern_attn *a, size_t q, size_t key, size_t n_keys, size_t first, const int n, const bool whole,
    load_fn *load)
{
	vf sum[QUERIES][VECTORS];
	size_t left[VECTORS];

	for (int j = 0; j < VECTORS; j++) {
		size_t at = first + (size_t)j * V;

		left[j] = whole ? V : at >= a->dim ? 0 : a->dim - at < V ? a->dim - at : V;
		for (int t = 0; t < n; t++)
			sum[t][j] = key || a->add ? v_load_n(a->y + (q + (size_t)t) * a->y_stride + at, left[j]) : v_zero();
	}
	for (size_t k = key; k < key + n_keys; k++) {
		const char *head = (const char *)a->kv + k * a->kv_stride;
		vf v[VECTORS];

		for (int j = 0; j < VECTORS; j++)
			v[j] = left[j] ? load(head, first + (size_t)j * V, left[j]) : v_zero();
		for (int t = 0; t < n; t++)
			for (int j = 0; j < VECTORS; j++)
				sum[t][j] = vfmaq_n_f32(sum[t][j], v[j], a->s[(q + (size_t)t) * a->s_stride + k]);
	}
	for (int t = 0; t < n; t++)
		for (int j = 0; j < VECTORS; j++)
			v_store_n(a->y + (q + (size_t)t) * a->y_stride + first + (size_t)j * V, sum[t][j], left[j]);
}

ALWAYS_INLINE void
mix_block(const struct kern_attn *a, size_t key, size_t n_keys, size_t first, const bool whole, load_fn *load)
{
	size_t q = 0;

	for (; q + QUERIES <= a->n_q; q += QUERIES)
		mix_tile(a, q, key, n_keys, first, QUERIES, whole, load);
	for (; q + 2 <= a->n_q; q += 2)
		mix_tile(a, q, key, n_keys, first, 2, whole, load);
	for (; q < a->n_q; q++)
		mix_tile(a, q, key, n_keys, first, 1, whole, load);
}

ALWAYS_INLINE void
mix_with(const struct kern_attn *a, load_fn *load)
{
	for (size_t key = 0; key < a->n_keys || key == 0; key += MIX_KEYS) {
		size_t n_keys = a->n_keys - key < MIX_KEYS ? a->n_keys - key : MIX_KEYS;

		for (size_t first = 0; first < a->dim; first += VECTORS * V)
			mix_block(a, key, n_keys, first, a->dim - first >= VECTORS * V, load);
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

void
neon_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f32].score = f32_score;
	kv[KV_f32].mix = f32_mix;
	kv[KV_f16].store = f16_store;
	kv[KV_f16].score = f16_score;
	kv[KV_f16].mix = f16_mix;
	kv[KV_q8_0].mix = q8_0_mix;
}
