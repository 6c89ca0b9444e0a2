/* IQ3_XXS: 256 weights in 8 blocks of 32, w = d * (scale + 1/2) / 2 * sign * size; sizes in groups of four from a code
 * book of 256, scale of 4 bits. */
#include <assert.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq3_xxs_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq3_xxs {
	uint16_t d;		/* f16 */
	uint8_t index[64];
	uint32_t signs[8];	/* four times 7 bits; the scale in the top 4 */
};
static_assert(sizeof(struct block_iq3_xxs) == 98, "iq3_xxs block");

void
fmt_iq3_xxs_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq3_xxs *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++)
		coded_set_scale(c, k, d * (0.5f + (float)(b->signs[k] >> 28)) * 0.5f);
	for (size_t l = 0; l < 64; l++) {
		unsigned signs = grid_signs(b->signs[l / 8] >> l % 8 / 2 * 7 & 127) >> l % 2 * 4;

		grid_iq3(c->w + 4 * l, iq3_xxs_grid[b->index[l]], signs, 8, 4, 62);
	}
}

void
fmt_iq3_xxs_pack(void *block, const struct fmt_found *f)
{
	struct block_iq3_xxs *b = block;

	b->d = f->d;
	for (int l = 0; l < 64; l++)
		b->index[l] = (uint8_t)f->index[l];
	for (int k = 0; k < 8; k++) {
		b->signs[k] = (uint32_t)f->scale[k] << 28;
		for (int l = 0; l < 4; l++)
			b->signs[k] |= (uint32_t)(f->signs[4 * k + l] & 127) << 7 * l;
	}
}
