/* Unpacking and packing of Q3_K. */
#include "kernels/fmt/q3_k.h"

#include <string.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

void
fmt_q3_k_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q3_k *b = blocks;
	float d = f16_to_f32(b->d);

	coded_clear_if_short(c, n);
	for (int j = 0; j < 16; j++) {
		int low = b->scales[j % 8] >> j / 8 * 4 & 15, high = b->scales[8 + j % 4] >> j / 4 * 2 & 3;

		c->scale[j % 2][j / 2] = d * (float)((low | high << 4) - 32);
	}
	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 32; i++)
			c->w[32 * k + i] = (int8_t)((b->qs[k / 4 * 32 + i] >> k % 4 * 2 & 3) + (b->qh[i] >> k & 1) * 4 - 4);
}

void
fmt_q3_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q3_k *b = block;

	memset(b, 0, sizeof *b);
	b->d = f->d;
	for (int j = 0; j < 16; j++) {
		int scale = f->scale[j] + 32;

		b->scales[j % 8] |= (uint8_t)((scale & 15) << j / 8 * 4);
		b->scales[8 + j % 4] |= (uint8_t)(scale >> 4 << j / 4 * 2);
	}
	pack_twos(b->qs, f->code);
	pack_twos(b->qs + 32, f->code + 128);
	for (int i = 0; i < 256; i++)
		b->qh[i % 32] |= (uint8_t)((f->code[i] >> 2 & 1) << i / 32);
}
