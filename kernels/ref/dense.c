/* F32, F16 and BF16 weights times float activations, in 16 lanes (ref.h).  Past the last column stand zeros. */
#include "kernels/f16.h"
#include "kernels/ref/ref.h"

/* DECODE reads one weight. */
static inline float
dot_lanes(const char *row, size_t weight_bytes, float (*decode)(const void *), const void *x, size_t n)
{
	float lane[REF_LANES] = {0};

	for (size_t i = 0; i < (n + REF_LANES - 1) / REF_LANES * REF_LANES; i++) {
		float a = 0, w = 0;

		if (i < n) {
			memcpy(&a, (const char *)x + i * sizeof a, sizeof a);
			w = decode(row + i * weight_bytes);
		}
		lane[i % REF_LANES] = fmaf(w, a, lane[i % REF_LANES]);
	}
	return ref_lanes_sum(lane);
}

static float
f32_load(const void *p)
{
	float f;

	memcpy(&f, p, sizeof f);
	return f;
}

static float
f16_get(const void *p)
{
	return f16_load(p);
}

static float
bf16_get(const void *p)
{
	uint16_t h;

	memcpy(&h, p, sizeof h);
	return bf16_to_f32(h);
}

static float
dot_f32(const void *row, const void *x, size_t n)
{
	return dot_lanes(row, 4, f32_load, x, n);
}

static float
dot_f16(const void *row, const void *x, size_t n)
{
	return dot_lanes(row, 2, f16_get, x, n);
}

static float
dot_bf16(const void *row, const void *x, size_t n)
{
	return dot_lanes(row, 2, bf16_get, x, n);
}

void
ref_f32_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, 4 * m->n_cols, dot_f32);
}

void
ref_f16_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, 2 * m->n_cols, dot_f16);
}

void
ref_bf16_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, 2 * m->n_cols, dot_bf16);
}
