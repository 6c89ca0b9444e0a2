/* F16: IEEE 754 binary16. */
#include "kernels/f16.h"

#include "kernels/fmt/fmt.h"

void
fmt_f16_decode(float *y, const void *row, size_t n)
{
	const unsigned char *p = row;

	for (size_t i = 0; i < n; i++)
		y[i] = f16_load(p + 2 * i);
}
