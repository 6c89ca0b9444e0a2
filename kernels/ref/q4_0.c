/* Q4_0 times q8: for each block of 32, sum += dw * (sum of (code - 8) q) * dx. */
#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/fmt/q4_0.h"
#include "kernels/ref/ref.h"

static float
dot(const void *row, const void *x, size_t n)
{
	const struct block_q4_0 *b = row;
	struct act_q8 a = act_q8_at(x, n);
	float sum = 0;

	for (size_t i = 0; i < n / 32; i++) {
		uint8_t code[32];
		int32_t s = 0;

		q4_0_codes(&b[i], code);
		for (int j = 0; j < 32; j++)
			s += (code[j] - 8) * a.q[32 * i + j];
		sum = fmaf((float)s * f16_to_f32(b[i].d), a.d[i], sum);
	}
	return sum;
}

void
ref_q4_0_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q4_0, m->n_cols), dot);
}
