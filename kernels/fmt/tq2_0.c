/* TQ2_0: 256 weights, w = d * (code - 1), codes of 2 bits: ternary models. */
#include <assert.h>

#include "kernels/fmt/coded.h"

struct __attribute__((packed)) block_tq2_0 {
	uint8_t qs[64];		/* byte i of each 32: weights i, i + 32, i + 64, i + 96 from the low bits up */
	uint16_t d;		/* f16 */
};
static_assert(sizeof(struct block_tq2_0) == 66, "tq2_0 block");

void
fmt_tq2_0_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_tq2_0 *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++) {
		coded_set_scale(c, k, d);
		for (size_t i = 0; i < 32; i++)
			c->w[32 * k + i] = (int8_t)((b->qs[k / 4 * 32 + i] >> k % 4 * 2 & 3) - 1);
	}
}
