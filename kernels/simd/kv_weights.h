/* What values are mixed by, for many rows: exp(score - top), nearer to it than what these rows round away afterwards.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_KV_WEIGHTS_H
#define KERNELS_SIMD_KV_WEIGHTS_H

#include "kernels/exp.h"
#include "kernels/simd/largest.h"

/* 2^x for |x| <= 1 / 2: a minimax fit, off by 2.6e-6 (2^-18), and below 1 at 0. */
#define EXP2_C0 0x1.ffffe8p-1f
#define EXP2_C1 0x1.62e0dcp-1f
#define EXP2_C2 0x1.ec06dap-3f
#define EXP2_C3 0x1.ca1440p-5f
#define EXP2_C4 0x1.3997d0p-7f

/* exp(x) for x <= 0, NaN kept. */
ALWAYS_INLINE vf
v_exp_rough(vf x)
{
	vf k, f, p;

	x = v_max(v_set1(EXP_MIN), x);
	k = v_round(v_mul(x, v_set1(EXP_LOG2E)));
	f = v_fma(x, v_set1(EXP_LOG2E), v_sub(v_zero(), k));
	p = v_fma(v_set1(EXP2_C4), f, v_set1(EXP2_C3));
	p = v_fma(p, f, v_set1(EXP2_C2));
	p = v_fma(p, f, v_set1(EXP2_C1));
	return v_scale2(v_fma(p, f, v_set1(EXP2_C0)), k);
}

/* Of V numbers of S from AT on, which may stand behind END; 0 for those before FIRST and from END on. */
ALWAYS_INLINE vf
weights_at(const float *s, size_t at, size_t first, size_t end, vf top)
{
	vf e;

	if (at >= end || at + V <= first)
		return v_zero();
	e = v_exp_rough(v_sub(v_load(s + at), top));
	if (at + V > end)
		e = v_keep_n(e, v_zero(), end - at);
	if (at < first)
		e = v_keep_n(v_zero(), e, first - at);
	return e;
}

#endif
