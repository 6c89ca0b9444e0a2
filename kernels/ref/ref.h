/* The reference kernels: plain C that says what every slot computes, in which order and with which roundings.
 * Every instruction set must give the same bits. */
#ifndef KERNELS_REF_REF_H
#define KERNELS_REF_REF_H

#include <math.h>
#include <string.h>

#include "kernels/kern.h"

#define QTYPE(id, number, len, bytes, tail, act) void ref_##id##_mul(const struct kern_mul *m);
#include "kernels/qtype.def"
#undef QTYPE

void ref_encode(struct kern_mat *mat);		/* [QT_COUNT] */

#define ACT(id) extern const struct kern_act ref_act_##id;
#include "kernels/act.def"
#undef ACT

#define KVTYPE(id) extern const struct kern_kv ref_kv_##id;
#include "kernels/kvtype.def"
#undef KVTYPE

extern const struct kern_vec ref_vec;

/* Long sums of floats are kept in 16 lanes, number i in lane i % 16 in order of i, and the lanes are then added by
 * halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1. */
#define REF_LANES 16

static inline float
ref_lanes_sum(float lane[REF_LANES])
{
	for (int half = REF_LANES / 2; half > 0; half /= 2)
		for (int i = 0; i < half; i++)
			lane[i] += lane[i + half];
	return lane[0];
}

/* y = W x with every row lying ROW_BYTES after the one before it; DOT is one row times one token's activations. */
static inline void
ref_mul_rows(const struct kern_mul *m, size_t row_bytes, float (*dot)(const void *row, const void *x, size_t n))
{
	const char *w = m->w, *x = m->x;

	for (size_t t = 0; t < m->n_tokens; t++)
		for (size_t r = 0; r < m->n_rows; r++)
			m->y[t * m->y_stride + r] = dot(w + r * row_bytes, x + t * m->x_stride, m->n_cols);
}

#endif
