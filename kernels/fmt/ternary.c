/* Exact decoding of the formats of ternary.def. */
#include "kernels/fmt/ternary.h"

#include "kernels/fmt/fmt.h"

static inline void
decode(float *y, const void *row, size_t n, enum qtype t, ternary_unpack *unpack)
{
	const char *p = row;
	uint8_t code[TERNARY_LEN];

	for (size_t at = 0; at < n; at += TERNARY_LEN, p += qtype_row_bytes(t, TERNARY_LEN)) {
		size_t left = n - at < TERNARY_LEN ? n - at : TERNARY_LEN;
		float d = unpack(code, p, left);

		for (size_t i = 0; i < left; i++)
			y[at + i] = d * (float)(code[i] - 1);
	}
}

#define TERNARY(id, has_scale) \
void \
fmt_##id##_decode(float *y, const void *row, size_t n) \
{ \
	decode(y, row, n, QT_##id, fmt_##id##_ternary); \
}
#include "kernels/ternary.def"
#undef TERNARY
