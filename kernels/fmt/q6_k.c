/* Exact decoding of Q6_K. */
#include "kernels/fmt/q6_k.h"

#include <string.h>

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"
#include "kernels/fmt/pack.h"

void
fmt_q6_k_decode(float *y, const void *row, size_t n)
{
	const struct block_q6_k *b = row;

	for (size_t i = 0; i < n / 256; i++) {
		float d = f16_to_f32(b[i].d);
		uint8_t code[256];

		q6_k_codes(&b[i], code);
		for (int j = 0; j < 256; j++)
			y[256 * i + j] = d * b[i].scales[j / 16] * (float)(code[j] - 32);
	}
}

void
fmt_q6_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q6_k *b = block;

	memset(b, 0, sizeof *b);
	b->d = f->d;
	memcpy(b->scales, f->scale, sizeof b->scales);
	for (int i = 0; i < 256; i++) {
		int part = i / 32;

		b->ql[part / 4 * 64 + part % 2 * 32 + i % 32] |= (uint8_t)((f->code[i] & 15) << part % 4 / 2 * 4);
		b->qh[part / 4 * 32 + i % 32] |= (uint8_t)(f->code[i] >> 4 << part % 4 * 2);
	}
}
