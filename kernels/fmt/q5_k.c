/* Unpacking and packing of Q5_K. */
#include "kernels/fmt/q5_k.h"

#include <string.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/fmt/pack.h"

void
fmt_q5_k_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q5_k *b = blocks;
	float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
	uint8_t scale[8], min[8];

	coded_clear_if_short(c, n);
	q4_k_scales(blocks, scale, min);
	for (int k = 0; k < 8; k++) {
		coded_set_scale(c, (size_t)k, d * scale[k]);
		coded_set_min(c, (size_t)k, dmin * min[k]);
		for (int i = 0; i < 32; i++)
			c->w[32 * k + i] = (int8_t)((b->qs[k / 2 * 32 + i] >> k % 2 * 4 & 15) | (b->qh[i] >> k & 1) << 4);
	}
}

void
fmt_q5_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q5_k *b = block;

	memset(b->qh, 0, sizeof b->qh);
	b->d = f->d;
	b->dmin = f->dmin;
	q4_k_set_scales(b->scales, f->scale, f->min);
	pack_nibbles_k(b->qs, f->code);
	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 32; i++)
			b->qh[i] |= (uint8_t)((f->code[32 * k + i] >> 4 & 1) << k);
}
