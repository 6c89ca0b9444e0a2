/* Exact decoding of Q8_0. */
#include "kernels/fmt/q8_0.h"

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"
#include "kernels/fmt/pack.h"

void
fmt_q8_0_decode(float *y, const void *row, size_t n)
{
	const struct block_q8_0 *b = row;

	for (size_t i = 0; i < n / 32; i++) {
		float d = f16_to_f32(b[i].d);

		for (int j = 0; j < 32; j++)
			y[32 * i + j] = (float)b[i].qs[j] * d;
	}
}

void
fmt_q8_0_pack(void *block, const struct fmt_found *f)
{
	struct block_q8_0 *b = block;

	b->d = f->d;
	for (int i = 0; i < 32; i++)
		b->qs[i] = (int8_t)f->code[i];
}
