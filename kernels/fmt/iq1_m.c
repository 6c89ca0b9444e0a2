/* IQ1_M: 256 weights in 16 blocks of 16, w = d * (2 scale + 1) * (digit + shift); digits -1, 0, 1 in groups of eight from
 * a code book of 2048, scale of 3 bits, shift 1/8 up or down for each group. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq1_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq1_m {
	uint8_t qs[32];		/* low 8 bits of the indices */
	uint8_t qh[16];		/* for each group 3 high bits of the index, then whether its shift is down */
	uint16_t scales[4];	/* four scales from the low bits up; in the top 4 bits a quarter of d (f16), lowest first */
};
static_assert(sizeof(struct block_iq1_m) == 56, "iq1_m block");

void
fmt_iq1_m_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq1_m *b = blocks;
	unsigned half = 0;
	float d;

	coded_clear_if_short(c, n);
	for (int i = 0; i < 4; i++)
		half |= (unsigned)(b->scales[i] >> 12) << 4 * i;
	d = f16_to_f32((uint16_t)half) * 0.125f;
	for (size_t k = 0; k < 16; k++)
		c->scale[k % 2][k / 2] = d * (float)(2 * (b->scales[k / 4] >> k % 4 * 3 & 7) + 1);
	for (size_t l = 0; l < 32; l++) {
		int high = b->qh[l / 2] >> l % 2 * 4;

		grid_iq1(c->w + 8 * l, iq1_grid[b->qs[l] | (high & 7) << 8], high & 8 ? -1 : 1);
	}
}

void
fmt_iq1_m_pack(void *block, const struct fmt_found *f)
{
	struct block_iq1_m *b = block;

	memset(b, 0, sizeof *b);
	for (int l = 0; l < 32; l++) {
		b->qs[l] = (uint8_t)f->index[l];
		b->qh[l / 2] |= (uint8_t)((f->index[l] >> 8 | (f->shift[l] ? 8 : 0)) << l % 2 * 4);
	}
	for (int i = 0; i < 4; i++)
		b->scales[i] = (uint16_t)((f->d >> 4 * i & 15) << 12);
	for (int k = 0; k < 16; k++)
		b->scales[k / 4] |= (uint16_t)(f->scale[k] << k % 4 * 3);
}
