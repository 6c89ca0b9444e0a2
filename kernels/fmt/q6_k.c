/* Exact decoding of Q6_K. */
#include "kernels/fmt/q6_k.h"

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"

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
