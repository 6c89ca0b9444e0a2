/* F32, F16 and BF16 weights with AVX512; the body is kernels/x86/dense.h. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/x86/dense.h"

void
avx512_dense(struct kern_mat mat[QT_COUNT])
{
	x86_dense(mat);
}
