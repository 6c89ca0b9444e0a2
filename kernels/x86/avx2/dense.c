/* F32, F16 and BF16 weights with AVX2; the body is kernels/x86/dense.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/dense.h"

void
avx2_dense(struct kern_mat mat[QT_COUNT])
{
	x86_dense(mat);
}
