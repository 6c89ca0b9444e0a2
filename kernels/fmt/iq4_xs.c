/* Unpacking and packing of IQ4_XS. */
#include "kernels/fmt/iq4_xs.h"

#include <string.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/iq4.h"
#include "kernels/fmt/pack.h"

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
