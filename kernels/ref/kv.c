/* Keys and values: storing, scores and mixes.  A score is summed over the head's numbers in order, a mix over the
 * keys in order, each in one accumulator with fused steps.  Scores of q8_0 keys: the query is rounded to 8 bits in
 * blocks of 32 too, and of each block a whole number is summed, then scaled. */
#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/kv_q8_0.h"
#include "kernels/ref/ref.h"

/* Number I of a head as it was stored. */
typedef float get_fn(const void *head, size_t i);

static inline const void *
panel_of(const struct kern_attn *a, size_t key)
{
	return (const char *)a->kv + key / KV_PANEL * KV_PANEL * a->kv_stride;
}

static inline void
score_with(const struct kern_attn *a, get_fn *get)
{
	for (size_t q = 0; q < a->n_q; q++) {
		const float *x = (const void *)((const char *)a->q + q * a->q_stride);

		for (size_t k = 0; k < a->n_keys; k++) {
			float sum = 0;

			for (size_t i = 0; i < a->dim; i++)
				sum = fmaf(x[i], get(panel_of(a, k), i * KV_PANEL + k % KV_PANEL), sum);
			a->s[q * a->s_stride + k] = sum * a->scale;
		}
	}
}

static inline void
mix_with(const struct kern_attn *a, get_fn *get)
{
	for (size_t q = 0; q < a->n_q; q++) {
		for (size_t i = 0; i < a->dim; i++) {
			float sum = a->add ? a->y[q * a->y_stride + i] : 0;

			for (size_t k = 0; k < a->n_keys; k++) {
				const void *head = (const char *)a->kv + k * a->kv_stride;

				sum = fmaf(a->s[q * a->s_stride + k], get(head, i), sum);
			}
			a->y[q * a->y_stride + i] = sum;
		}
	}
}

/* Numbers of SIZE bytes. */
static inline void
pack_numbers(void *panel, size_t lane, const void *head, size_t dim, const size_t size)
{
	for (size_t i = 0; i < dim; i++)
		memcpy((char *)panel + (i * KV_PANEL + lane) * size, (const char *)head + i * size, size);
}

static inline void
unpack_numbers(void *head, const void *panel, size_t lane, size_t dim, const size_t size)
{
	for (size_t i = 0; i < dim; i++)
		memcpy((char *)head + i * size, (const char *)panel + (i * KV_PANEL + lane) * size, size);
}

static void
query_as_is(void *q, const float *x, size_t dim)
{
	memcpy(q, x, dim * sizeof *x);
}

static size_t
f32_bytes(size_t dim)
{
	return dim * sizeof(float);
}

static void
f32_store(void *dst, const float *x, size_t dim)
{
	memcpy(dst, x, dim * sizeof *x);
}

static float
f32_get(const void *head, size_t i)
{
	float f;

	memcpy(&f, (const char *)head + i * sizeof f, sizeof f);
	return f;
}

static void
f32_pack(void *panel, size_t lane, const void *head, size_t dim)
{
	pack_numbers(panel, lane, head, dim, sizeof(float));
}

static void
f32_unpack(void *head, const void *panel, size_t lane, size_t dim)
{
	unpack_numbers(head, panel, lane, dim, sizeof(float));
}

static void
f32_score(const struct kern_attn *a)
{
	score_with(a, f32_get);
}

static void
f32_mix(const struct kern_attn *a)
{
	mix_with(a, f32_get);
}

const struct kern_kv ref_kv_f32 = {
	f32_bytes, f32_store, f32_pack, f32_unpack, query_as_is, f32_score, f32_mix,
};

static size_t
f16_bytes(size_t dim)
{
	return dim * sizeof(uint16_t);
}

static void
f16_store(void *dst, const float *x, size_t dim)
{
	for (size_t i = 0; i < dim; i++) {
		uint16_t h = f16_from_f32(x[i]);

		memcpy((char *)dst + i * sizeof h, &h, sizeof h);
	}
}

static float
f16_get(const void *head, size_t i)
{
	return f16_load((const char *)head + i * sizeof(uint16_t));
}

static void
f16_pack(void *panel, size_t lane, const void *head, size_t dim)
{
	pack_numbers(panel, lane, head, dim, sizeof(uint16_t));
}

static void
f16_unpack(void *head, const void *panel, size_t lane, size_t dim)
{
	unpack_numbers(head, panel, lane, dim, sizeof(uint16_t));
}

static void
f16_score(const struct kern_attn *a)
{
	score_with(a, f16_get);
}

static void
f16_mix(const struct kern_attn *a)
{
	mix_with(a, f16_get);
}

const struct kern_kv ref_kv_f16 = {
	f16_bytes, f16_store, f16_pack, f16_unpack, query_as_is, f16_score, f16_mix,
};

static size_t
q8_0_bytes(size_t dim)
{
	return qtype_row_bytes(QT_q8_0, dim);
}

/* Blocks of 32 as in Q8_0 files: d = largest / 127 rounded to f16, q = x / d with the unrounded d. */
static void
q8_0_store(void *dst, const float *x, size_t dim)
{
	struct block_q8_0 *b = dst;

	for (size_t i = 0; i < dim / 32; i++) {
		float amax = 0, inverse;

		for (int j = 0; j < 32; j++)
			amax = fmaxf(amax, fabsf(x[32 * i + j]));
		inverse = amax > 0x1p-100f ? 127.0f / amax : 0;
		b[i].d = f16_from_f32(amax / 127.0f);
		for (int j = 0; j < 32; j++) {
			float q = rintf(x[32 * i + j] * inverse);

			b[i].qs[j] = q >= -127 && q <= 127 ? (int8_t)q : 0;	/* else not finite */
		}
	}
}

static void
q8_0_pack(void *panel, size_t lane, const void *head, size_t dim)
{
	const struct block_q8_0 *b = head;
	struct kv_panel_q8_0 *p = panel;

	for (size_t i = 0; i < dim / 32; i++) {
		p[i].d[lane] = b[i].d;
		for (int four = 0; four < 8; four++)
			memcpy(p[i].qs[four][lane], b[i].qs + 4 * four, 4);
	}
}

static void
q8_0_unpack(void *head, const void *panel, size_t lane, size_t dim)
{
	const struct kv_panel_q8_0 *p = panel;
	struct block_q8_0 *b = head;

	for (size_t i = 0; i < dim / 32; i++) {
		b[i].d = p[i].d[lane];
		for (int four = 0; four < 8; four++)
			memcpy(b[i].qs + 4 * four, p[i].qs[four][lane], 4);
	}
}

static void
q8_0_query(void *q, const float *x, size_t dim)
{
	struct kv_query_q8_0 *out = q;

	for (size_t i = 0; i < dim / 32; i++) {
		float amax = 0, inverse;

		for (int j = 0; j < 32; j++)
			amax = fmaxf(amax, fabsf(x[32 * i + j]));
		inverse = amax > 0x1p-100f ? 127.0f / amax : 0;
		out[i].d = amax / 127.0f;
		out[i].sum = 0;
		for (int j = 0; j < 32; j++) {
			float f = rintf(x[32 * i + j] * inverse);

			out[i].qs[j] = f >= -127 && f <= 127 ? (int8_t)f : 0;	/* else not finite */
			out[i].sum += out[i].qs[j];
		}
	}
}

static int32_t
dot_block(const struct kv_query_q8_0 *q, const struct kv_panel_q8_0 *p, size_t lane)
{
	int32_t sum = 0;

	for (int i = 0; i < 32; i++)
		sum += q->qs[i] * p->qs[i / 4][lane][i % 4];
	return sum;
}

static void
q8_0_score(const struct kern_attn *a)
{
	for (size_t q = 0; q < a->n_q; q++) {
		const struct kv_query_q8_0 *x = (const void *)((const char *)a->q + q * a->q_stride);

		for (size_t k = 0; k < a->n_keys; k++) {
			const struct kv_panel_q8_0 *p = panel_of(a, k);
			size_t lane = k % KV_PANEL;
			float sum = 0;

			for (size_t i = 0; i < a->dim / 32; i++)
				sum = fmaf((float)dot_block(x + i, p + i, lane), f16_to_f32(p[i].d[lane]) * x[i].d, sum);
			a->s[q * a->s_stride + k] = sum * a->scale;
		}
	}
}

static float
q8_0_get(const void *head, size_t i)
{
	const struct block_q8_0 *b = head;

	return (float)b[i / 32].qs[i % 32] * f16_to_f32(b[i / 32].d);
}

static void
q8_0_mix(const struct kern_attn *a)
{
	mix_with(a, q8_0_get);
}

const struct kern_kv ref_kv_q8_0 = {
	q8_0_bytes, q8_0_store, q8_0_pack, q8_0_unpack, q8_0_query, q8_0_score, q8_0_mix,
};
