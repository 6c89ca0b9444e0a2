/* TQ2_0: 256 weights, w = d * (code - 1), codes of 2 bits: ternary models. */
#include <assert.h>

#include "kernels/fmt/ternary.h"
#include "kernels/fmt/pack.h"

static_assert(sizeof(struct block_tq2_0) == 66, "tq2_0 block");

float
fmt_tq2_0_ternary(uint8_t code[TERNARY_LEN], const void *blocks, size_t n)
{
	const struct block_tq2_0 *b = blocks;

	(void)n;
	for (size_t half = 0; half < 2; half++)
		for (size_t k = 0; k < 4; k++)
			ternary_twos(code + 128 * half + 32 * k, b->qs + 32 * half, 2 * k);
	return f16_to_f32(b->d);
}

void
fmt_tq2_0_pack(void *block, const struct fmt_found *f)
{
	struct block_tq2_0 *b = block;

	b->d = f->d;
	pack_twos(b->qs, f->code);
	pack_twos(b->qs + 32, f->code + 128);
}
