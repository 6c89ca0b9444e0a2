/* TQ1_0: 256 weights, w = d * (digit - 1), five ternary digits a byte.  A byte is the fraction 0.digits in base 3,
 * times 256 and rounded up: multiplied by 3 (modulo 256, n times), its carry out of 8 bits is digit n. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/ternary.h"
#include "kernels/fmt/pack.h"

static_assert(sizeof(struct block_tq1_0) == 54, "tq1_0 block");

/* The digit that POWER brings to the front of each of eight bytes: every other byte in a word, which holds its product. */
static inline uint64_t
eight_digits(uint64_t bytes, uint64_t power)
{
	const uint64_t low = 0x00ff00ff00ff00ff;
	uint64_t even = (bytes & low) * power & low, odd = (bytes >> 8 & low) * power & low;

	return (even * 3 >> 8 & low) | (odd * 3 & ~low);
}

/* The digits of N bytes, 8 or 4; each further digit's codes stand STRIDE bytes on. */
static inline void
some_digits(uint8_t *code, const uint8_t *q, size_t stride, size_t n_digits, const size_t n)
{
	static const uint8_t power[5] = {1, 3, 9, 27, 81};
	uint64_t bytes = 0;

	memcpy(&bytes, q, n);
	for (size_t k = 0; k < n_digits; k++) {
		uint64_t eight = eight_digits(bytes, power[k]);

		memcpy(code + k * stride, &eight, n);
	}
}

static void
digits(uint8_t *code, const uint8_t *q, size_t n_bytes, size_t n_digits)
{
	size_t i = 0;

	for (; i + 8 <= n_bytes; i += 8)
		some_digits(code + i, q + i, n_bytes, n_digits, 8);
	if (i < n_bytes)
		some_digits(code + i, q + i, n_bytes, n_digits, 4);
}

float
fmt_tq1_0_ternary(uint8_t code[TERNARY_LEN], const void *blocks, size_t n)
{
	const struct block_tq1_0 *b = blocks;

	(void)n;
	digits(code, b->qs, 32, 5);
	digits(code + 160, b->qs + 32, 16, 5);
	digits(code + 240, b->qh, 4, 4);
	return f16_to_f32(b->d);
}

static void
pack_digits(uint8_t *q, const uint8_t *code, int n_bytes, int n_digits)
{
	for (int i = 0; i < n_bytes; i++) {
		int number = 0;

		for (int n = 0; n < 5; n++)
			number = 3 * number + (n < n_digits ? code[n * n_bytes + i] : 0);
		q[i] = (uint8_t)((number * 256 + 242) / 243);
	}
}

void
fmt_tq1_0_pack(void *block, const struct fmt_found *f)
{
	struct block_tq1_0 *b = block;

	b->d = f->d;
	pack_digits(b->qs, f->code, 32, 5);
	pack_digits(b->qs + 32, f->code + 160, 16, 5);
	pack_digits(b->qh, f->code + 240, 4, 4);
}
