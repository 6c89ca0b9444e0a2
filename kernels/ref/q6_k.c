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

	for (size_t i = 0; i < n / 256; i++) {
		const int8_t *scale = b[i].scales;
		float d = f16_to_f32(b[i].d);
		uint8_t code[256];
		int32_t s[16] = {0};

		q6_k_codes(&b[i], code);
		for (size_t j = 0; j < 256; j++)
			s[j / 16] += (code[j] - 32) * a.q[256 * i + j];
		for (size_t j = 0; j < 16; j += 2) {
			float part = fmaf((float)s[j + 1], d * scale[j + 1], (float)s[j] * (d * scale[j]));

			sum = fmaf(part, a.d[8 * i + j / 2], sum);
		}
	}
	return sum;
}

void
ref_q6_k_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q6_k, m->n_cols), dot);
}
