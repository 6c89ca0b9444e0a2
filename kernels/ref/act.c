/* Activations of matrix products: floats as they are, or 8 bits with the sums of act.h. */
#include "kernels/act.h"

#include "kernels/f16.h"
#include "kernels/ref/ref.h"

/* An odd number of cache lines, as q8 (kernels/act.h). */
static size_t
f32_bytes(size_t n)
{
	return ((n * sizeof(float) + 63) / 64 | 1) * 64;
}

static void
f32_copy(void *dst, const float *x, size_t n)
{
	memcpy(dst, x, n * sizeof *x);
}

const struct kern_act ref_act_f32 = {f32_bytes, f32_copy};

/* The 32 numbers of one block; gives their scale. */
static float
quantize_block(int8_t *q, const float *x)
{
	uint32_t top = 0;
	float amax, inverse;

	for (int i = 0; i < 32; i++) {
		uint32_t abs = f32_bits(x[i]) & 0x7fffffff;	/* as integers: a NaN is largest of all */

		top = abs > top ? abs : top;
	}
	amax = f32_from_bits(top);
	memset(q, 0, 32);
	if (top >= 0x7f800000)
		return NAN;
	if (amax < ACT_Q8_TINY)
		return 0;
	inverse = 127.0f / amax;
	for (int i = 0; i < 32; i++)
		q[i] = (int8_t)rintf(x[i] * inverse);
	return amax / 127.0f;
}

static void
q8_quantize(void *dst, const float *x, size_t n)
{
	int8_t *q = dst;
	float *d = (void *)(q + n);
	int32_t *off32 = (void *)(q + n + n / 8), *off16 = (void *)(q + n + n / 4);
	float *foff32 = (void *)(q + n + n / 2);

	for (size_t i = 0; i < n / 32; i++) {
		int32_t sum[2] = {0, 0};

		d[i] = quantize_block(q + 32 * i, x + 32 * i);
		for (int j = 0; j < 32; j++)
			sum[j / 16] += q[32 * i + j];
		off16[2 * i] = ACT_BIAS - 128 * sum[0];
		off16[2 * i + 1] = ACT_BIAS - 128 * sum[1];
		off32[i] = ACT_BIAS - 128 * (sum[0] + sum[1]);
		foff32[i] = (float)(off32[i] - ACT_BIAS);
	}
}

const struct kern_act ref_act_q8 = {act_q8_bytes, q8_quantize};

static void
q8_token_quantize(void *dst, const float *x, size_t n)
{
	size_t whole = act_q8_token_len(n);
	int8_t *q = dst;
	int32_t *off = (void *)(q + whole);
	uint32_t top = 0;
	float amax, d;

	for (size_t i = 0; i < n; i++) {
		uint32_t abs = f32_bits(x[i]) & 0x7fffffff;

		top = abs > top ? abs : top;
	}
	amax = f32_from_bits(top);
	d = top >= 0x7f800000 ? NAN : amax < ACT_Q8_TINY ? 0 : amax / 127.0f;
	memset(q, 0, whole / 64 * 65);
	for (size_t i = 0; d > 0 && i < n; i++) {
		q[i] = (int8_t)rintf(x[i] * (127.0f / amax));
		off[i / 256] -= q[i];
	}
	memcpy(q + whole / 64 * 65, &d, sizeof d);
}

const struct kern_act ref_act_q8_token = {act_q8_token_bytes, q8_token_quantize};

/* As VCVTNEPS2BF16 (Intel SDM vol. 2) rounds. */
static uint16_t
bf16_round(float x)
{
	uint32_t bits = f32_bits(x);

	if ((bits & 0x7f800000) == 0)
		return (uint16_t)(bits >> 16 & 0x8000);
	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void
bf16_round_row(void *dst, const float *x, size_t n)
{
	uint16_t *high = dst;

	memset(dst, 0, act_bf16_part(n));
	for (size_t i = 0; i < n; i++)
		high[i] = bf16_round(x[i]);
}

const struct kern_act ref_act_bf16 = {act_bf16_bytes, bf16_round_row};

static void
bf16_split(void *dst, const float *x, size_t n)
{
	uint16_t *to = dst;

	memset(dst, 0, 2 * act_bf16_part(n));
	for (size_t i = 0; i < n; i++) {
		uint16_t *high = to + i / 32 * 64 + i % 32, *low = high + 32;

		*high = bf16_round(x[i]);
		*low = bf16_round(x[i] - bf16_to_f32(*high));
	}
}

const struct kern_act ref_act_bf16x2 = {act_bf16x2_bytes, bf16_split};
