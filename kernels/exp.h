/* e^x for all instruction sets, step by step the same, so that results have the same bits everywhere:
 *
 *	x = min(max(x, EXP_MIN), EXP_MAX), NaN kept
 *	n = x * log2(e) rounded to nearest even
 *	r = x - n * ln 2, in two steps; |r| <= ln 2 / 2
 *	p = 1 + r + r^2 (C2 + C3 r + C4 r^2 + C5 r^3 + C6 r^4), every step fused
 *	e^x = p * 2^(n - n / 2) * 2^(n / 2)
 *
 * The coefficients are a minimax fit of the relative error (3.1e-9 before rounding); the largest error of the whole
 * is below 1 ulp, 1.5 ulp for subnormal results (tests/kernel checks).  EXP_MIN gives 0, EXP_MAX infinity. */
#ifndef KERNELS_EXP_H
#define KERNELS_EXP_H

#include <math.h>
#include <stdint.h>

#include "kernels/f16.h"

#define EXP_MIN -104.0f
#define EXP_MAX 89.0f
#define EXP_LOG2E 0x1.715476p+0f
#define EXP_LN2_HI 0x1.62e400p-1f		/* 15 bits: n * LN2_HI is exact */
#define EXP_LN2_LO 0x1.7f7d1cp-20f
#define EXP_C2 0x1.fffffcp-2f
#define EXP_C3 0x1.555490p-3f
#define EXP_C4 0x1.5558f4p-5f
#define EXP_C5 0x1.123a6cp-7f
#define EXP_C6 0x1.6a2352p-10f

/* gelu(x) = x / (1 + exp(x (GELU_A + GELU_B x^2))), the tanh form written as a logistic function:
 * A = -2 sqrt(2 / pi), B = 0.044715 A. */
#define GELU_A -1.5957691216f
#define GELU_B -0.0713548163f

static inline float
exp_scalar(float x)
{
	float n, r, p;
	int32_t half, rest;

	if (x != x)
		return x;
	x = x < EXP_MIN ? EXP_MIN : x > EXP_MAX ? EXP_MAX : x;
	n = rintf(x * EXP_LOG2E);
	r = fmaf(n, -EXP_LN2_HI, x);
	r = fmaf(n, -EXP_LN2_LO, r);
	p = fmaf(EXP_C6, r, EXP_C5);
	p = fmaf(p, r, EXP_C4);
	p = fmaf(p, r, EXP_C3);
	p = fmaf(p, r, EXP_C2);
	p = fmaf(p, r * r, r) + 1.0f;
	half = (int32_t)n >> 1;
	rest = (int32_t)n - half;
	return p * f32_from_bits((uint32_t)(rest + 127) << 23) * f32_from_bits((uint32_t)(half + 127) << 23);
}

#endif
