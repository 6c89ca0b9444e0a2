/* Unpacking and packing of Q4_1. */
#include "kernels/fmt/q4_1.h"

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

void
fmt_q4_1_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q4_1 *b = blocks;

	coded_clear_if_short(c, n);
	for (size_t i = 0; i < n / 32; i++) {
		coded_set_scale(c, i, f16_to_f32(b[i].d));
		coded_set_min(c, i, -f16_to_f32(b[i].m));
		coded_nibbles(c->w + 32 * i, b[i].qs);
	}
}

void
fmt_q4_1_pack(void *block, const struct fmt_found *f)
{
	struct block_q4_1 *b = block;

	b->d = f->d;
	b->m = f->dmin;
	pack_nibbles(b->qs, f->code);
}
