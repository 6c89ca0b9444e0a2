/* BF16: the upper half of a float32. */
#include "kernels/f16.h"

#include "kernels/fmt/fmt.h"

void
fmt_bf16_decode(float *y, const void *row, size_t n)
{
	const unsigned char *p = row;
	uint16_t h;

	for (size_t i = 0; i < n; i++) {
		memcpy(&h, p + 2 * i, sizeof h);
		y[i] = bf16_to_f32(h);
	}
}
