/* IQ2_XXS: 256 weights in 8 blocks of 32, w = d * (scale + 1/2) / 4 * sign * size; sizes in groups of eight from a
 * code book of 256, scale of 4 bits. */
#include <assert.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq2_xxs_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq2_xxs {
	uint16_t d;		/* f16 */
	struct __attribute__((packed)) {
		uint8_t index[4];
		uint32_t signs;		/* four times 7 bits; the scale in the top 4 */
	} part[8];
};
static_assert(sizeof(struct block_iq2_xxs) == 66, "iq2_xxs block");

void
fmt_iq2_xxs_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq2_xxs *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++) {
		uint32_t signs = b->part[k].signs;

		coded_set_scale(c, k, d * (0.5f + (float)(signs >> 28)) * 0.25f);
		for (size_t l = 0; l < 4; l++)
			grid_iq2(c->w + 32 * k + 8 * l, iq2_xxs_grid[b->part[k].index[l]], grid_signs(signs >> 7 * l & 127));
	}
}

void
fmt_iq2_xxs_pack(void *block, const struct fmt_found *f)
{
	struct block_iq2_xxs *b = block;

	b->d = f->d;
	for (int k = 0; k < 8; k++) {
		uint32_t signs = (uint32_t)f->scale[k] << 28;

		for (int l = 0; l < 4; l++) {
			b->part[k].index[l] = (uint8_t)f->index[4 * k + l];
			signs |= (uint32_t)(f->signs[4 * k + l] & 127) << 7 * l;
		}
		b->part[k].signs = signs;
	}
}
