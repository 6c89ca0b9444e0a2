/* TQ1_0: 256 weights, w = d * (digit - 1), five ternary digits a byte.  A byte is the fraction 0.digits in base 3,
 * times 256 and rounded up: multiplied by 3 (modulo 256, n times), its carry out of 8 bits is digit n. */
#include <assert.h>

#include "kernels/fmt/coded.h"

struct __attribute__((packed)) block_tq1_0 {
	uint8_t qs[48];		/* digit n of byte i: weight 32 n + i; of byte 32 + i: weight 160 + 16 n + i */
	uint8_t qh[4];		/* digit n of byte i: weight 240 + 4 n + i, four digits */
	uint16_t d;		/* f16 */
};
static_assert(sizeof(struct block_tq1_0) == 54, "tq1_0 block");

static void
digits(int8_t *w, const uint8_t *q, int n_bytes, int n_digits)
{
	static const uint8_t power[5] = {1, 3, 9, 27, 81};

	for (int n = 0; n < n_digits; n++)
		for (int i = 0; i < n_bytes; i++) {
			uint8_t fraction = (uint8_t)(q[i] * power[n]);

			w[n * n_bytes + i] = (int8_t)((fraction * 3 >> 8) - 1);
		}
}

void
fmt_tq1_0_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_tq1_0 *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++)
		coded_set_scale(c, k, d);
	digits(c->w, b->qs, 32, 5);
	digits(c->w + 160, b->qs + 32, 16, 5);
	digits(c->w + 240, b->qh, 4, 4);
}
