/* F32, F16 and BF16 weights with AVX512; the body is kernels/simd/dense.h. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/simd/dense.h"

void
avx512_dense(struct kern_mat mat[QT_COUNT])
{
	simd_dense(mat);
	/* where BLIS overtakes these tiles, by a tenth, measured on a Zen 4 */
	mat[QT_f32].many_min = mat[QT_f16].many_min = mat[QT_bf16].many_min = 96;
}
