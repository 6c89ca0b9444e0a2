/* F32, F16 and BF16 weights with AVX2; the bodies are kernels/simd/dense.h and kernels/x86/many.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/simd/dense.h"
#include "kernels/x86/many.h"

void
avx2_dense(struct kern_mat mat[QT_COUNT])
{
	simd_dense(mat);
	/* where BLIS overtakes the tiles of dense.h, by half, measured on a Zen 4 */
	mat[QT_f32].many_min = 32;
	/* where the panels do, by a fifth at least, measured on a Cascade Lake */
	mat[QT_f16].many_min = mat[QT_bf16].many_min = 24;
	mat[QT_f16].many_rows = mat[QT_bf16].many_rows = 96;	/* with their x they fit the second cache */
	mat[QT_f16].mul_many = many_mul_f16;
	mat[QT_f16].work_bytes = many_work_bytes;
	mat[QT_bf16].mul_many = many_mul_bf16;
	mat[QT_bf16].work_bytes = many_work_bytes;
}
