/* IQ2_S: 256 weights in 16 blocks of 16, w = d * (scale + 1/2) / 4 * sign * size; sizes in groups of eight from a
 * code book of 1024, scale of 4 bits. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq2_s_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq2_s {
	uint16_t d;		/* f16 */
	uint8_t qs[32];		/* low 8 bits of the indices */
	uint8_t signs[32];
	uint8_t qh[8];		/* high 2 bits of four indices, from the low bits up */
	uint8_t scales[8];	/* two a byte, low half first */
};
static_assert(sizeof(struct block_iq2_s) == 82, "iq2_s block");

void
fmt_iq2_s_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq2_s *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 16; k++)
		c->scale[k % 2][k / 2] = d * (0.5f + (float)(b->scales[k / 2] >> k % 2 * 4 & 15)) * 0.25f;
	for (size_t l = 0; l < 32; l++)
		grid_iq2(c->w + 8 * l, iq2_s_grid[b->qs[l] | (b->qh[l / 4] >> l % 4 * 2 & 3) << 8], b->signs[l]);
}

void
fmt_iq2_s_pack(void *block, const struct fmt_found *f)
{
	struct block_iq2_s *b = block;

	memset(b, 0, sizeof *b);
	b->d = f->d;
	for (int l = 0; l < 32; l++) {
		b->qs[l] = (uint8_t)f->index[l];
		b->qh[l / 4] |= (uint8_t)(f->index[l] >> 8 << l % 4 * 2);
		b->signs[l] = f->signs[l];
	}
	for (int k = 0; k < 8; k++)
		b->scales[k] = (uint8_t)(f->scale[2 * k] | f->scale[2 * k + 1] << 4);
}
