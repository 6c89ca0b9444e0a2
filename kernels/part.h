/* Joining the parts of a softmax (struct kern_part), the same for all instruction sets. */
#ifndef KERNELS_PART_H
#define KERNELS_PART_H

#include <string.h>

#include "kernels/exp.h"
#include "kernels/kern.h"

struct part_factors {
	float y, x;
};

/* Where one of both is of no key, y and *p are made without arithmetic. */
static inline bool
part_is_simple(float *y, struct kern_part *p, const float *x, struct kern_part q, size_t n)
{
	if (q.sum == 0)
		return true;
	if (p->sum != 0)
		return false;
	memcpy(y, x, n * sizeof *y);
	*p = q;
	return true;
}

/* *p becomes the part of both; what their mixes are to be multiplied by. */
static inline struct part_factors
part_join(struct kern_part *p, struct kern_part q)
{
	float top = p->top > q.top ? p->top : q.top;
	struct part_factors f = {exp_scalar(p->top - top), exp_scalar(q.top - top)};

	p->top = top;
	p->sum = fmaf(q.sum, f.x, p->sum * f.y);
	return f;
}

#endif
