/* The largest of a row.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_LARGEST_H
#define KERNELS_SIMD_LARGEST_H

#include <math.h>
#include <stddef.h>

/* NaNs are passed over. */
static float
largest(const float *x, size_t n)
{
	vf top = v_set1(-INFINITY), tops[4] = {top, top, top, top};
	size_t at = 0;

	for (; at + 4 * V <= n; at += 4 * V)
		for (int j = 0; j < 4; j++)
			tops[j] = v_max(v_load(x + at + j * V), tops[j]);
	top = v_max(v_max(tops[0], tops[1]), v_max(tops[2], tops[3]));
	for (; at + V <= n; at += V)
		top = v_max(v_load(x + at), top);
	for (; at < n; at += V)
		top = v_max(v_keep_n(v_load_n(x + at, n - at), top, n - at), top);
	return v_top(top);
}

#endif
