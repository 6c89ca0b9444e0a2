/* Exact decoding of the formats of coded.def. */
#include "kernels/fmt/coded.h"

#include "kernels/fmt/fmt.h"

static inline void
decode(float *y, const void *row, size_t n, enum qtype t, coded_unpack *unpack, int mins)
{
	const char *p = row;
	size_t chunk_bytes = qtype_row_bytes(t, CODED_LEN);
	struct coded c;

	for (size_t at = 0; at < n; at += CODED_LEN, p += chunk_bytes) {
		size_t left = n - at < CODED_LEN ? n - at : CODED_LEN;

		unpack(&c, p, left);
		for (size_t i = 0; i < left; i++) {
			float w = c.scale[i / 16 % 2][i / 32] * (float)c.w[i];

			y[at + i] = mins ? w - 128 * c.min[i / 16 % 2][i / 32] : w;
		}
	}
}

#define CODED(id, mins, halves) \
void \
fmt_##id##_decode(float *y, const void *row, size_t n) \
{ \
	decode(y, row, n, QT_##id, fmt_##id##_unpack, mins); \
}
#include "kernels/coded.def"
#undef CODED
