/* Exact decoding of Q8_0. */
#include "kernels/fmt/q8_0.h"

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"

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
