/* Formats of ternary.def times q8_token: for each 256 columns
 *	sum += (off + (sum of code q)) * d
 * and in the end times the token's scale. */
#include "kernels/act.h"
#include "kernels/fmt/ternary.h"
#include "kernels/ref/ref.h"

static inline float
dot(const char *row, const struct act_q8_token *a, size_t n, enum qtype t, ternary_unpack *unpack)
{
	uint8_t code[TERNARY_LEN];
	float sum = 0;

	for (size_t at = 0; at < n; at += TERNARY_LEN, row += qtype_row_bytes(t, TERNARY_LEN)) {
		float d = unpack(code, row, n - at < TERNARY_LEN ? n - at : TERNARY_LEN);
		int32_t s = a->off[at / TERNARY_LEN];

		for (size_t i = 0; i < TERNARY_LEN; i++)
			s += code[i] * a->q[at + i];
		sum = fmaf((float)s, d, sum);
	}
	return sum * a->d;
}

static inline void
mul(const struct kern_mul *m, enum qtype t, ternary_unpack *unpack)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols);

	for (size_t token = 0; token < m->n_tokens; token++) {
		struct act_q8_token a = act_q8_token_at((const char *)m->x + token * m->x_stride, m->n_cols);

		for (size_t r = 0; r < m->n_rows; r++)
			m->y[token * m->y_stride + r] = dot((const char *)m->w + r * row_bytes, &a, m->n_cols, t, unpack);
	}
}

#define TERNARY(id, has_scale) \
void \
ref_##id##_mul(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, fmt_##id##_ternary); \
}
#include "kernels/ternary.def"
#undef TERNARY
