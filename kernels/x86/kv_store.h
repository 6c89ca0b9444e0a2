/* Heads into a q8_0 cache, and queries for it, with vectors: the bits of kernels/ref/kv.c.  Include after an
 * instruction set's v.h. */
#ifndef KERNELS_X86_KV_STORE_H
#define KERNELS_X86_KV_STORE_H

#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/kern.h"
#include "kernels/kv_q8_0.h"

/* 32 numbers as bytes, zeros behind them; *d: the largest |x|, divided by 127.  What is not finite becomes 0. */
ALWAYS_INLINE vi
q8_0_bytes_of(const float *x, float *d)
{
	vf top = v_zero(), inverse, v[4];
	float amax;

	for (int j = 0; j < 32; j += V)
		top = v_max(v_abs(v_load(x + j)), top);		/* NaN is passed over */
	amax = v_top(top);
	*d = amax / 127.0f;
	inverse = v_set1(amax > 0x1p-100f ? 127.0f / amax : 0);
	for (int j = 0; j < 4; j++) {
		vf q = j * V < 32 ? v_mul(v_load(x + j * V), inverse) : v_zero();

		v[j] = v_if_less(v_abs(q), v_set1(128), q, v_zero());
	}
	return v_to_i8(v);
}

ALWAYS_INLINE void
store_32(int8_t *q, vi bytes)
{
	int8_t all[sizeof bytes];

	vi_store(all, bytes);
	memcpy(q, all, 32);
}

static void
q8_0_store(void *dst, const float *x, size_t dim)
{
	struct block_q8_0 *b = dst;

	for (size_t i = 0; i < dim / 32; i++) {
		float d;

		store_32(b[i].qs, q8_0_bytes_of(x + 32 * i, &d));
		b[i].d = f16_from_f32(d);
	}
}

static void
q8_0_query(void *q, const float *x, size_t dim)
{
	struct kv_query_q8_0 *out = q;

	for (size_t i = 0; i < dim / 32; i++) {
		vi bytes = q8_0_bytes_of(x + 32 * i, &out[i].d);

		store_32(out[i].qs, bytes);
		out[i].sum = vi_sum32(vi_madd16(vi_maddubs(vi_set8(1), bytes), vi_set16(1)));
	}
}

#endif
