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

	b->d = f->d;
	memcpy(b->scales, f->scale, sizeof b->scales);
	for (int half = 0; half < 2; half++) {
		uint8_t code[128], low[64], high[32];

		memcpy(code, f->code + 128 * half, sizeof code);
		for (int i = 0; i < 64; i++)
			low[i] = (uint8_t)((code[i] & 15) | code[64 + i] << 4);
		for (int i = 0; i < 32; i++)
			high[i] = (uint8_t)(code[i] >> 4 | code[32 + i] >> 4 << 2 | code[64 + i] >> 4 << 4 |
			    code[96 + i] >> 4 << 6);
		memcpy(b->ql + 64 * half, low, sizeof low);
		memcpy(b->qh + 32 * half, high, sizeof high);
	}
}
