/* Unpacking and packing of MXFP4. */
#include "kernels/fmt/mxfp4.h"

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

/* 2^(e - 128); the lowest two are subnormal. */
static float
half_of_power(uint8_t e)
{
	return f32_from_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

void
fmt_mxfp4_unpack(struct coded *c, const void *blocks, size_t n)
{
	static const int8_t values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
	const struct block_mxfp4 *b = blocks;

	coded_clear_if_short(c, n);
	for (size_t i = 0; i < n / 32; i++) {
		coded_set_scale(c, i, half_of_power(b[i].e));
		coded_lookup(c->w + 32 * i, b[i].qs, values);
	}
}

void
fmt_mxfp4_pack(void *block, const struct fmt_found *f)
{
	struct block_mxfp4 *b = block;

	b->e = (uint8_t)f->scale[0];
	pack_nibbles(b->qs, f->code);
}
