/* The kernels without BLIS (kernels/gemm_blis.c), which a machine that is only emulated lacks: every product of many
 * tokens is left to mul. */
#include "kernels/fill.h"
#include "kernels/gemm.h"

void
gemm_converted(const struct kern_mul *m, void (*decode)(float *y, const void *row, size_t n))
{
	(void)m;
	(void)decode;
}

void
blis_fill(struct kern *k)
{
	for (int t = 0; t < QT_COUNT; t++)
		k->mat[t].mul_many = NULL;
}

bool
blis_serves(const struct kern_mat *mat)
{
	(void)mat;
	return false;
}
