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

	for (size_t i = 0; i < n / 32; i++) {
		const struct block_q4_k *s = &b[i / 8];
		float d = f16_to_f32(s->d), dmin = f16_to_f32(s->dmin) * 0x1p-7f;
		uint8_t scale[8], min[8], code[256];
		int32_t sum_code = 0;

		q4_k_scales(s, scale, min);
		q4_k_codes(s, code);
		for (int j = 0; j < 32; j++)
			sum_code += code[i % 8 * 32 + j] * a.q[32 * i + j];
		/* off32 is -128 times the sum; both products with a scale are exact up to their last rounding */
		sum = fmaf(fmaf((float)a.off32[i], dmin * min[i % 8], (float)sum_code * (d * scale[i % 8])), a.d[i], sum);
	}
	return sum;
}

void
ref_q4_k_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q4_k, m->n_cols), dot);
}
