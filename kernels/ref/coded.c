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

/* SUM with LEFT unpacked blocks, the first of which is FIRST of the row. */
static float
goes_on(float sum, const struct coded *c, const struct act_q8 *a, size_t first, size_t left, int mins, int halves)
{
	for (size_t b = 0; b < left; b++)
		sum = fmaf(part_of(c, b, a, first + b, mins, halves), a->d[first + b], sum);
	return sum;
}

/* What is unpacked meets all tokens. */
static inline void
mul_row(const struct kern_mul *m, float *y, const char *p, enum qtype t, coded_unpack *unpack, int mins, int halves)
{
	size_t n_blocks = m->n_cols / 32;
	struct coded c;

	for (size_t first = 0; first < n_blocks; first += CODED_BLOCKS, p += qtype_row_bytes(t, CODED_LEN)) {
		size_t left = n_blocks - first < CODED_BLOCKS ? n_blocks - first : CODED_BLOCKS;

		unpack(&c, p, 32 * left);
		for (size_t i = 0; i < m->n_tokens; i++) {
			struct act_q8 a = act_q8_at((const char *)m->x + i * m->x_stride, m->n_cols);
			float *sum = &y[i * m->y_stride];

			*sum = goes_on(first ? *sum : 0, &c, &a, first, left, mins, halves);
		}
	}
}

static inline void
mul(const struct kern_mul *m, enum qtype t, coded_unpack *unpack, int mins, int halves)
{
	for (size_t row = 0; row < m->n_rows; row++)
		mul_row(m, m->y + row, (const char *)m->w + row * qtype_row_bytes(t, m->n_cols), t, unpack, mins, halves);
}

#define CODED(id, mins, halves) \
void \
ref_##id##_mul(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, fmt_##id##_unpack, mins, halves); \
}
#include "kernels/coded.def"
#undef CODED
