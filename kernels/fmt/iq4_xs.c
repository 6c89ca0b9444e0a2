/* IQ4_XS: 256 weights in 8 blocks of 32, w = d * (scale - 32) * value[code]; codes of 4 bits, scales of 6. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/iq4.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_iq4_xs {
	uint16_t d;		/* f16 */
	uint16_t scales_h;	/* high 2 bits of the scales, from the low bits up */
	uint8_t scales_l[4];	/* low 4 bits, two a byte */
	uint8_t qs[128];	/* 16 bytes a block: weight i low half of byte i, 16 + i high half */
};
static_assert(sizeof(struct block_iq4_xs) == 136, "iq4_xs block");

void
fmt_iq4_xs_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq4_xs *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (size_t k = 0; k < 8; k++) {
		int scale = (b->scales_l[k / 2] >> k % 2 * 4 & 15) | (b->scales_h >> 2 * k & 3) << 4;

		coded_set_scale(c, k, d * (float)(scale - 32));
		coded_lookup(c->w + 32 * k, b->qs + 16 * k, iq4_values);
	}
}

void
fmt_iq4_xs_pack(void *block, const struct fmt_found *f)
{
	struct block_iq4_xs *b = block;

	memset(b, 0, sizeof *b);
	b->d = f->d;
	for (int k = 0; k < 8; k++) {
		int scale = f->scale[k] + 32;

		b->scales_l[k / 2] |= (uint8_t)((scale & 15) << k % 2 * 4);
		b->scales_h |= (uint16_t)(scale >> 4 << 2 * k);
		pack_nibbles(b->qs + 16 * k, f->code + 32 * k);
	}
}
