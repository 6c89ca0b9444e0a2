/* IQ1_S: 256 weights in 8 blocks of 32, w = d * (2 scale + 1) * (digit + shift); digits -1, 0, 1 in groups of eight from
 * a code book of 2048, scale of 3 bits, shift 1/8 up or down. */
#include <assert.h>

#include "kernels/fmt/grid.h"
#include "kernels/fmt/iq1_grid.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq1_s {
	uint16_t d;		/* f16 */
	uint8_t qs[32];		/* low 8 bits of the indices */
	uint16_t qh[8];		/* high 3 bits of four indices, from the low bits up; 3 bits of scale; shift is down */
};
static_assert(sizeof(struct block_iq1_s) == 50, "iq1_s block");

void
fmt_iq1_s_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq1_s *b = blocks;
	float d = f16_to_f32(b->d) * 0.125f;

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++) {
		unsigned qh = b->qh[k];

		coded_set_scale(c, k, d * (float)(2 * (qh >> 12 & 7) + 1));
		for (size_t l = 0; l < 4; l++)
			grid_iq1(c->w + 32 * k + 8 * l, iq1_grid[b->qs[4 * k + l] | (qh >> 3 * l & 7) << 8],
			    qh & 0x8000 ? -1 : 1);
	}
}

void
fmt_iq1_s_pack(void *block, const struct fmt_found *f)
{
	struct block_iq1_s *b = block;

	b->d = f->d;
	for (int k = 0; k < 8; k++) {
		unsigned qh = (unsigned)f->scale[k] << 12 | (f->shift[4 * k] ? 0x8000u : 0);

		for (int l = 0; l < 4; l++) {
			b->qs[4 * k + l] = (uint8_t)f->index[4 * k + l];
			qh |= (unsigned)(f->index[4 * k + l] >> 8) << 3 * l;
		}
		b->qh[k] = (uint16_t)qh;
	}
}
