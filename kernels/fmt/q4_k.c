/* Exact decoding of Q4_K. */
#include "kernels/fmt/q4_k.h"

#include "kernels/f16.h"
#include "kernels/fmt/fmt.h"
#include "kernels/fmt/pack.h"

void
fmt_q4_k_decode(float *y, const void *row, size_t n)
{
	const struct block_q4_k *b = row;

	for (size_t i = 0; i < n / 256; i++) {
		float d = f16_to_f32(b[i].d), dmin = f16_to_f32(b[i].dmin);
		uint8_t scale[8], min[8], code[256];

		q4_k_scales(&b[i], scale, min);
		q4_k_codes(&b[i], code);
		for (int j = 0; j < 256; j++)
			y[256 * i + j] = d * scale[j / 32] * code[j] - dmin * min[j / 32];
	}
}

void
fmt_q4_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q4_k *b = block;

	b->d = f->d;
	b->dmin = f->dmin;
	q4_k_set_scales(b->scales, f->scale, f->min);
	pack_nibbles_k(b->qs, f->code);
}
