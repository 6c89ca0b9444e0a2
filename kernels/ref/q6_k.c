/* Q6_K times q8: for each pair of blocks of 16 (one activation scale),
 * sum += (d scale0 * (sum of (code - 32) q) + d scale1 * (the same of the second block)) * dx. */
#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/fmt/q6_k.h"
#include "kernels/ref/ref.h"

static float
dot(const void *row, const void *x, size_t n)
{
	const struct block_q6_k *b = row;
	struct act_q8 a = act_q8_at(x, n);
	float sum = 0;

	for (size_t i = 0; i < n / 32; i++) {
		const struct block_q6_k *s = &b[i / 8];
		const int8_t *scale = &s->scales[i % 8 * 2];
		float d = f16_to_f32(s->d), both;
		uint8_t code[256];
		int32_t part[2] = {0, 0};

		q6_k_codes(s, code);
		for (int j = 0; j < 32; j++)
			part[j / 16] += (code[i % 8 * 32 + j] - 32) * a.q[32 * i + j];
		both = (float)part[0] * (d * scale[0]);
		both = fmaf((float)part[1], d * scale[1], both);
		sum = fmaf(both, a.d[i], sum);
	}
	return sum;
}

void
ref_q6_k_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q6_k, m->n_cols), dot);
}
