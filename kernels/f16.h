/* Half precision (IEEE 754 binary16) and bfloat16 in portable C, bit for bit as the processors' own instructions:
 * round to nearest even, infinities kept, NaNs quietened. */
#ifndef KERNELS_F16_H
#define KERNELS_F16_H

#include <stdint.h>
#include <string.h>

static inline float
f32_from_bits(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static inline uint32_t
f32_bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof u);
	return u;
}

static inline float
f16_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 0x3ff;

	if (exp == 0)				/* zero or subnormal: man * 2^-24, exact */
		return f32_from_bits(sign | f32_bits((float)man * 0x1p-24f));
	if (exp == 31)
		return f32_from_bits(sign | 0x7f800000 | man << 13 | (man ? 0x400000 : 0));
	return f32_from_bits(sign | (exp + 112) << 23 | man << 13);
}

static inline uint16_t
f16_from_f32(float f)
{
	uint32_t u = f32_bits(f), sign = u >> 16 & 0x8000, abs = u & 0x7fffffff;

	if (abs > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (abs >> 13 & 0x3ff));
	if (abs >= 0x477ff000)			/* 65520 and up round to infinity */
		return (uint16_t)(sign | 0x7c00);
	if (abs < 0x38800000)			/* subnormal: the sum rounds at 2^-24 */
		return (uint16_t)(sign | (f32_bits(f32_from_bits(abs) + 0.5f) - f32_bits(0.5f)));
	abs += 0xfff + (abs >> 13 & 1);
	return (uint16_t)(sign | (abs - (112u << 23)) >> 13);
}

static inline float
bf16_to_f32(uint16_t h)
{
	return f32_from_bits((uint32_t)h << 16);
}

/* A half stored at any address. */
static inline float
f16_load(const void *p)
{
	uint16_t h;

	memcpy(&h, p, sizeof h);
	return f16_to_f32(h);
}

#endif
