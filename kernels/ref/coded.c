/* Formats of coded.def times q8: for each block of 32,
 *	part = scale * (sum of code q) [+ min * off32]				a scale for each 32
 *	part = scale0 * (first half) + scale1 * (second half) [+ min0 * off16_0 + min1 * off16_1]	for each 16
 *	sum += part * dx
 * where off are those of act.h without their bias. */
#include "kernels/act.h"
#include "kernels/fmt/coded.h"
#include "kernels/ref/ref.h"

/* Of whole block B, or of its half H. */
static int32_t
sum_of(const struct coded *c, size_t b, size_t h, size_t n, const int8_t *q)
{
	int32_t s = 0;

	for (size_t i = 16 * h; i < 16 * h + n; i++)
		s += c->w[32 * b + i] * q[i];
	return s;
}

static float
part_of(const struct coded *c, size_t b, const struct act_q8 *a, size_t at, int mins, int halves)
{
	const int8_t *q = a->q + 32 * at;
	float part;

	if (!halves) {
		part = (float)sum_of(c, b, 0, 32, q) * c->scale[0][b];
		return mins ? fmaf(a->foff32[at], c->min[0][b], part) : part;
	}
	part = fmaf((float)sum_of(c, b, 1, 16, q), c->scale[1][b], (float)sum_of(c, b, 0, 16, q) * c->scale[0][b]);
	if (mins) {
		part = fmaf((float)(a->off16[2 * at] - ACT_BIAS), c->min[0][b], part);
		part = fmaf((float)(a->off16[2 * at + 1] - ACT_BIAS), c->min[1][b], part);
	}
	return part;
}

static inline void
mul(const struct kern_mul *m, enum qtype t, coded_unpack *unpack, int mins, int halves)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols), chunk_bytes = qtype_row_bytes(t, CODED_LEN);
	size_t n_blocks = m->n_cols / 32;

	for (size_t i = 0; i < m->n_tokens * m->n_rows; i++) {
		size_t token = i / m->n_rows, row = i % m->n_rows;
		const char *p = (const char *)m->w + row * row_bytes;
		struct act_q8 a = act_q8_at((const char *)m->x + token * m->x_stride, m->n_cols);
		float sum = 0;
		struct coded c;

		for (size_t first = 0; first < n_blocks; first += CODED_BLOCKS, p += chunk_bytes) {
			size_t left = n_blocks - first < CODED_BLOCKS ? n_blocks - first : CODED_BLOCKS;

			unpack(&c, p, 32 * left);
			for (size_t b = 0; b < left; b++) {
				size_t at = first + b;

				sum = fmaf(part_of(&c, b, &a, at, mins, halves), a.d[at], sum);
			}
		}
		m->y[token * m->y_stride + row] = sum;
	}
}

#define CODED(id, mins, halves) \
void \
ref_##id##_mul(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, fmt_##id##_unpack, mins, halves); \
}
#include "kernels/coded.def"
#undef CODED
