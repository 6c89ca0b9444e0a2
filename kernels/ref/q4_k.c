/* Q4_K times q8: for each block of 32, sum += (d scale * (sum of code q) - dmin min * (sum of q)) * dx. */
#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/ref/ref.h"

static float
dot(const void *row, const void *x, size_t n)
{
	const struct block_q4_k *b = row;
	struct act_q8 a = act_q8_at(x, n);
	float sum = 0;

	for (size_t i = 0; i < n / 256; i++) {
		float d = f16_to_f32(b[i].d), dmin = f16_to_f32(b[i].dmin) * 0x1p-7f;
		uint8_t scale[8], min[8], code[256];

		q4_k_scales(&b[i], scale, min);
		q4_k_codes(&b[i], code);
		for (size_t j = 0; j < 8; j++) {
			size_t at = 8 * i + j;
			int32_t s = 0;
			float part;

			for (size_t l = 0; l < 32; l++)
				s += code[32 * j + l] * a.q[32 * at + l];
			/* foff32 is -128 times the sum, dmin 1 / 128 of itself */
			part = fmaf(a.foff32[at], dmin * min[j], (float)s * (d * scale[j]));
			sum = fmaf(part, a.d[at], sum);
		}
	}
	return sum;
}

void
ref_q4_k_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q4_k, m->n_cols), dot);
}
