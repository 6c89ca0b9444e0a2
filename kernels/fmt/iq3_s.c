/* IQ3_S: 256 weights in 8 blocks of 32, w = d * (2 scale + 1) * sign * size; sizes in groups of four from a code book
 * of 512, scale of 4 bits. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq3_s_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq3_s {
	uint16_t d;		/* f16 */
	uint8_t qs[64];		/* low 8 bits of the indices */
	uint8_t qh[8];		/* bit l % 8 of byte l / 8: highest bit of index l */
	uint8_t signs[32];
	uint8_t scales[4];	/* two a byte, low half first */
};
static_assert(sizeof(struct block_iq3_s) == 110, "iq3_s block");

void
fmt_iq3_s_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq3_s *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++)
		coded_set_scale(c, k, d * (float)(1 + 2 * (b->scales[k / 2] >> k % 2 * 4 & 15)));
	for (size_t l = 0; l < 64; l++) {
		int index = b->qs[l] | (b->qh[l / 8] >> l % 8 & 1) << 8;

		grid_iq3(c->w + 4 * l, iq3_s_grid[index], (unsigned)b->signs[l / 2] >> l % 2 * 4, 2, 1, 15);
	}
}

void
fmt_iq3_s_pack(void *block, const struct fmt_found *f)
{
	struct block_iq3_s *b = block;

	memset(b, 0, sizeof *b);
	b->d = f->d;
	for (int l = 0; l < 64; l++) {
		b->qs[l] = (uint8_t)f->index[l];
		b->qh[l / 8] |= (uint8_t)(f->index[l] >> 8 << l % 8);
	}
	memcpy(b->signs, f->signs, sizeof b->signs);
	for (int k = 0; k < 4; k++)
		b->scales[k] = (uint8_t)(f->scale[2 * k] | f->scale[2 * k + 1] << 4);
}
