/* F32, F16 and BF16 weights with NEON; the body is kernels/simd/dense.h. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/simd/dense.h"

void
neon_dense(struct kern_mat mat[QT_COUNT])
{
	simd_dense(mat);
}
