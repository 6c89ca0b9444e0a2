/* Unpacking and packing of Q2_K. */
#include "kernels/fmt/q2_k.h"

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

void
fmt_q2_k_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q2_k *b = blocks;
	float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);

	coded_clear_if_short(c, n);
	for (int j = 0; j < 16; j++) {
		c->scale[j % 2][j / 2] = d * (float)(b->scales[j] & 15);
		c->min[j % 2][j / 2] = dmin * (float)(b->scales[j] >> 4) * 0x1p-7f;
	}
	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 32; i++)
			c->w[32 * k + i] = (int8_t)(b->qs[k / 4 * 32 + i] >> k % 4 * 2 & 3);
}

void
fmt_q2_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q2_k *b = block;

	b->d = f->d;
	b->dmin = f->dmin;
	for (int j = 0; j < 16; j++)
		b->scales[j] = (uint8_t)((f->scale[j] & 15) | f->min[j] << 4);
	pack_twos(b->qs, f->code);
	pack_twos(b->qs + 32, f->code + 128);
}
