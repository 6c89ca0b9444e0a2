/* Activations in 8 bits ("q8"): one token's row of n numbers, n a multiple of 32.
 *
 *	int8_t  q[n]		x ~ d * q, q in -127..127
 *	float   d[n / 32]	largest |x| of the 32, divided by 127
 *	int32_t off32[n / 32]	ACT_BIAS - 128 * (sum of the 32 q)
 *	int32_t off16[n / 16]	ACT_BIAS - 128 * (sum of the 16 q)
 *	float   foff32[n / 32]	off32 without its bias
 *
 * Products take weights as unsigned bytes u = w + 128 (codes of fewer bits are shifted up until their zero point is
 * 128), because the integer units multiply unsigned by signed: sum w q = sum u q + off.  So off is what an
 * accumulator starts from.  ACT_BIAS are the bits of the float 1.5 * 2^23, from which a float's bits count whole numbers:
 * a sum s that started with it needs no conversion, as its bits are those of the float ACT_BIAS_FLOAT + s.
 * A block whose largest |x| is below 2^-100 counts as zero; one with an infinity or a NaN has d = NaN and q = 0. */
#ifndef KERNELS_ACT_H
#define KERNELS_ACT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ACT_Q8_TINY 0x1p-100f

/* For sums below 2^22: those of 32 products of bytes stay below 2^20. */
enum { ACT_BIAS = 0x4b400000 };
#define ACT_BIAS_FLOAT 0x1.8p23f

/* One scale for the whole token ("q8_token"), as ternary models are trained (Ma et al. 2024).  n a multiple of 32;
 * N is n rounded up to 256, zeros stand behind the numbers.
 *
 *	int8_t  q[N]		x ~ d * q, q in -127..127
 *	int32_t off[N / 256]	-(sum of the 256 q)
 *	float   d		largest |x|, divided by 127
 *
 * Codes are 0, 1, 2 for -1, 0, 1, so that an accumulator starts from off.  Tiny and infinite tokens as above. */
struct act_q8_token {
	const int8_t *q;
	const int32_t *off;
	float d;
};

struct act_q8 {
	const int8_t *q;
	const float *d;
	const int32_t *off32;
	const int32_t *off16;
	const float *foff32;
};

/* An odd number of cache lines, so that equal columns of consecutive tokens fall into different cache sets. */
static inline size_t
act_q8_bytes(size_t n)
{
	return ((n + n / 2 + n / 8 + 63) / 64 | 1) * 64;
}

static inline struct act_q8
act_q8_at(const void *row, size_t n)
{
	const int8_t *p = row;

	return (struct act_q8){
		.q = p,
		.d = (const void *)(p + n),
		.off32 = (const void *)(p + n + n / 8),
		.off16 = (const void *)(p + n + n / 4),
		.foff32 = (const void *)(p + n + n / 2),
	};
}

static inline size_t
act_q8_token_len(size_t n)
{
	return (n + 255) / 256 * 256;
}

static inline size_t
act_q8_token_bytes(size_t n)
{
	n = act_q8_token_len(n);
	return ((n + n / 64 + sizeof(float) + 63) / 64 | 1) * 64;
}

static inline struct act_q8_token
act_q8_token_at(const void *row, size_t n)
{
	const int8_t *p = row;
	struct act_q8_token a = {.q = p, .off = (const void *)(p + act_q8_token_len(n))};

	memcpy(&a.d, p + act_q8_token_len(n) / 64 * 65, sizeof a.d);
	return a;
}

/* BF16, upper halves of floats ("bf16"), and two parts of it ("bf16x2"): one token's row of n numbers.  Of every 32
 *
 *	uint16_t high[32]	x rounded to nearest even; behind the last number zeros
 *	uint16_t low[32]	x - high, rounded likewise; bf16x2 only
 *
 * So x ~ high + low, off by 2^-17 of x at most.  What is below 2^-126 counts as zero, as the processor has it; of what is
 * not finite low is NaN or 0. */
static inline size_t
act_bf16_part(size_t n)		/* bytes */
{
	return (n + 31) / 32 * 32 * sizeof(uint16_t);
}

static inline size_t
act_bf16_bytes(size_t n)
{
	return (act_bf16_part(n) / 64 | 1) * 64;
}

static inline size_t
act_bf16x2_bytes(size_t n)
{
	return (2 * act_bf16_part(n) / 64 | 1) * 64;
}

#endif
