/* IQ2_XS: 256 weights in 16 blocks of 16, w = d * (scale + 1/2) / 4 * sign * size; sizes in groups of eight from a
 * code book of 512, scale of 4 bits. */
#include <assert.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq2_xs_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq2_xs {
	uint16_t d;		/* f16 */
	uint16_t qs[32];	/* index in the low 9 bits, 7 signs above */
	uint8_t scales[8];	/* two a byte, low half first */
};
static_assert(sizeof(struct block_iq2_xs) == 74, "iq2_xs block");

void
fmt_iq2_xs_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq2_xs *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 16; k++)
		c->scale[k % 2][k / 2] = d * (0.5f + (float)(b->scales[k / 2] >> k % 2 * 4 & 15)) * 0.25f;
	for (size_t l = 0; l < 32; l++)
		grid_iq2(c->w + 8 * l, iq2_xs_grid[b->qs[l] & 511], grid_signs(b->qs[l] >> 9));
}

void
fmt_iq2_xs_pack(void *block, const struct fmt_found *f)
{
	struct block_iq2_xs *b = block;

	b->d = f->d;
	for (int l = 0; l < 32; l++)
		b->qs[l] = (uint16_t)(f->index[l] | (f->signs[l] & 127) << 9);
	for (int k = 0; k < 8; k++)
		b->scales[k] = (uint8_t)(f->scale[2 * k] | f->scale[2 * k + 1] << 4);
}
