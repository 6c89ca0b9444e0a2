/* Unpacking and packing of IQ4_NL. */
#include "kernels/fmt/iq4_nl.h"

#include "kernels/fmt/coded.h"
#include "kernels/fmt/iq4.h"
#include "kernels/fmt/pack.h"

void
fmt_iq4_nl_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_iq4_nl *b = blocks;

	coded_clear_if_short(c, n);
	for (size_t i = 0; i < n / 32; i++) {
		coded_set_scale(c, i, f16_to_f32(b[i].d));
		coded_lookup(c->w + 32 * i, b[i].qs, iq4_values);
	}
}

void
fmt_iq4_nl_pack(void *block, const struct fmt_found *f)
{
	struct block_iq4_nl *b = block;

	b->d = f->d;
	pack_nibbles(b->qs, f->code);
}
