/* Keys and values: storing, scores and mixes.  A score is summed over the head's numbers in order, a mix over the
 * keys in order, each in one accumulator with fused steps. */
#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/ref/ref.h"

/* Number I of a head as it was stored. */
typedef float get_fn(const void *head, size_t i);

static inline void
score_with(const struct kern_attn *a, get_fn *get)
{
	for (size_t q = 0; q < a->n_q; q++) {
		for (size_t k = 0; k < a->n_keys; k++) {
			const void *head = (const char *)a->kv + k * a->kv_stride;
			float sum = 0;

			for (size_t i = 0; i < a->dim; i++)
				sum = fmaf(a->q[q * a->q_stride + i], get(head, i), sum);
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
f32_score(const struct kern_attn *a)
{
	score_with(a, f32_get);
}

static void
f32_mix(const struct kern_attn *a)
{
	mix_with(a, f32_get);
}

const struct kern_kv ref_kv_f32 = {f32_bytes, f32_store, f32_score, f32_mix};

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
f16_score(const struct kern_attn *a)
{
	score_with(a, f16_get);
}

static void
f16_mix(const struct kern_attn *a)
{
	mix_with(a, f16_get);
}

const struct kern_kv ref_kv_f16 = {f16_bytes, f16_store, f16_score, f16_mix};

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

static float
q8_0_get(const void *head, size_t i)
{
	const struct block_q8_0 *b = head;

	return (float)b[i / 32].qs[i % 32] * f16_to_f32(b[i / 32].d);
}

static void
q8_0_score(const struct kern_attn *a)
{
	score_with(a, q8_0_get);
}

static void
q8_0_mix(const struct kern_attn *a)
{
	mix_with(a, q8_0_get);
}

const struct kern_kv ref_kv_q8_0 = {q8_0_bytes, q8_0_store, q8_0_score, q8_0_mix};
