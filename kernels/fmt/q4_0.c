/* Exact decoding of Q4_0. */
#include "kernels/fmt/q4_0.h"

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"
#include "kernels/fmt/pack.h"

void
fmt_q4_0_decode(float *y, const void *row, size_t n)
{
	const struct block_q4_0 *b = row;

	for (size_t i = 0; i < n / 32; i++) {
		float d = f16_to_f32(b[i].d);
		uint8_t code[32];

		q4_0_codes(&b[i], code);
		for (int j = 0; j < 32; j++)
			y[32 * i + j] = (float)(code[j] - 8) * d;
	}
}

void
fmt_q4_0_pack(void *block, const struct fmt_found *f)
{
	struct block_q4_0 *b = block;

	b->d = f->d;
	pack_nibbles(b->qs, f->code);
}
