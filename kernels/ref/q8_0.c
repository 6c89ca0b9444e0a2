/* Q8_0 times q8: for each block of 32, sum += dw * (sum of w q) * dx. */
#include "kernels/act.h"
#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/ref/ref.h"

static float
dot(const void *row, const void *x, size_t n)
{
	const struct block_q8_0 *b = row;
	struct act_q8 a = act_q8_at(x, n);
	float sum = 0;

	for (size_t i = 0; i < n / 32; i++) {
		int32_t s = 0;

		for (int j = 0; j < 32; j++)
			s += b[i].qs[j] * a.q[32 * i + j];
		sum = fmaf((float)s * f16_to_f32(b[i].d), a.d[i], sum);
	}
	return sum;
}

void
ref_q8_0_mul(const struct kern_mul *m)
{
	ref_mul_rows(m, qtype_row_bytes(QT_q8_0, m->n_cols), dot);
}
