/* F32, F16 and BF16 weights with AVX512; the bodies are kernels/simd/dense.h and kernels/x86/many.h. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/simd/dense.h"
#include "kernels/x86/many.h"

static void
many_mul_f32(const struct kern_mul *m)
{
	many_mul(m, 4, dense_f32);
}

void
avx512_dense(struct kern_mat mat[QT_COUNT])
{
	simd_dense(mat);
	/* where the panels overtake the tiles of dense.h, by a tenth at least, measured on a Cascade Lake */
	mat[QT_f32].many_min = mat[QT_f16].many_min = mat[QT_bf16].many_min = 24;
	mat[QT_f32].many_rows = mat[QT_f16].many_rows = mat[QT_bf16].many_rows = 2 * MANY_ROWS;
	mat[QT_f32].mul_many = many_mul_f32;
	mat[QT_f16].mul_many = many_mul_f16;
	mat[QT_bf16].mul_many = many_mul_bf16;
	mat[QT_f32].work_bytes = mat[QT_f16].work_bytes = mat[QT_bf16].work_bytes = many_work_bytes;
}
