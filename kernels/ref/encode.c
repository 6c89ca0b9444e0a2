/* The encoder in plain C, and the formats without blocks: rounding to nearest even, nothing to search. */
#include "kernels/encode/lane_c.h"

#include "kernels/encode/encode.h"
#include "kernels/ref/ref.h"

static void
encode_f32(void *row, const float *x, const float *w, size_t n)
{
	(void)w;
	memcpy(row, x, n * sizeof *x);
}

/* Numbers past the largest half become that: an infinity would spoil a whole product. */
static void
encode_f16(void *row, const float *x, const float *w, size_t n)
{
	uint16_t *h = row;

	(void)w;
	for (size_t i = 0; i < n; i++)
		h[i] = to_f16(x[i]);
}

static void
encode_bf16(void *row, const float *x, const float *w, size_t n)
{
	uint16_t *h = row;

	(void)w;
	for (size_t i = 0; i < n; i++) {
		uint32_t u = f32_bits(x[i]), up = u + 0x7fff + (u >> 16 & 1);

		h[i] = (uint16_t)((up & 0x7fffffff) < 0x7f800000 ? up >> 16 : u >> 16);
	}
}

void
ref_encode(struct kern_mat *mat)
{
	encode_fill(mat);
	mat[QT_f32].encode = encode_f32;
	mat[QT_f16].encode = encode_f16;
	mat[QT_bf16].encode = encode_bf16;
}
