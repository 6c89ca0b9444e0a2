/* Unpacking and packing of Q5_1. */
#include "kernels/fmt/q5_1.h"

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

void
fmt_q5_1_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q5_1 *b = blocks;

	coded_clear_if_short(c, n);
	for (size_t i = 0; i < n / 32; i++) {
		int8_t *w = c->w + 32 * i;
		uint32_t qh = b[i].qh;

		coded_set_scale(c, i, f16_to_f32(b[i].d));
		coded_set_min(c, i, -f16_to_f32(b[i].m));
		coded_nibbles(w, b[i].qs);
		for (int j = 0; j < 32; j++)
			w[j] = (int8_t)(w[j] + (int)(qh >> j & 1) * 16);
	}
}

void
fmt_q5_1_pack(void *block, const struct fmt_found *f)
{
	struct block_q5_1 *b = block;
	uint32_t qh = 0;

	for (int i = 0; i < 32; i++)
		qh |= (uint32_t)(f->code[i] >> 4 & 1) << i;
	b->d = f->d;
	b->m = f->dmin;
	b->qh = qh;
	pack_nibbles(b->qs, f->code);
}
