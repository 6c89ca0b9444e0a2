/* Formats of coded.def times q8.  Block i of 32 columns adds to lane i % 8:
 *	part = scale0 * (sum of code q, first half) + scale1 * (second half) [+ min0 * off16_0 + min1 * off16_1]
 *	lane += part * dx
 * and the lanes are then added by halves.  Blocks missing to a multiple of eight count as zeros. */
#include "kernels/act.h"
#include "kernels/fmt/coded.h"
#include "kernels/ref/ref.h"

static float
part_of(const struct coded *c, size_t b, const int8_t *q, const int32_t *off16, int mins)
{
	int32_t s[2] = {0, 0};
	float part;

	for (size_t i = 0; i < 32; i++)
		s[i / 16] += c->w[32 * b + i] * q[i];
	part = fmaf((float)s[1], c->scale[1][b], (float)s[0] * c->scale[0][b]);
	if (mins) {
		part = fmaf((float)off16[0], c->min[0][b], part);
		part = fmaf((float)off16[1], c->min[1][b], part);
	}
	return part;
}

static inline void
mul(const struct kern_mul *m, enum qtype t, coded_unpack *unpack, int mins)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols), chunk_bytes = qtype_row_bytes(t, CODED_LEN);
	size_t n_blocks = m->n_cols / 32;

	for (size_t i = 0; i < m->n_tokens * m->n_rows; i++) {
		size_t token = i / m->n_rows, row = i % m->n_rows;
		const char *p = (const char *)m->w + row * row_bytes;
		struct act_q8 a = act_q8_at((const char *)m->x + token * m->x_stride, m->n_cols);
		float lane[CODED_BLOCKS] = {0};
		struct coded c;

		for (size_t first = 0; first < n_blocks; first += CODED_BLOCKS, p += chunk_bytes) {
			size_t left = n_blocks - first < CODED_BLOCKS ? n_blocks - first : CODED_BLOCKS;

			unpack(&c, p, 32 * left);
			for (size_t b = 0; b < left; b++) {
				float part = part_of(&c, b, a.q + 32 * (first + b), a.off16 + 2 * (first + b), mins);

				lane[b] = fmaf(part, a.d[first + b], lane[b]);
			}
			for (size_t b = left; b < CODED_BLOCKS; b++)
				lane[b] += 0.0f;
		}
		for (size_t half = CODED_BLOCKS / 2; half > 0; half /= 2)
			for (size_t b = 0; b < half; b++)
				lane[b] += lane[b + half];
		m->y[token * m->y_stride + row] = lane[0];
	}
}

#define CODED(id, mins) \
void \
ref_##id##_mul(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, fmt_##id##_unpack, mins); \
}
#include "kernels/coded.def"
#undef CODED
