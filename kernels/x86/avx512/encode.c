/* The encoder with AVX512; the body is kernels/encode, the same bits as in plain C. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/simd/encode_lane.h"
#include "kernels/encode/encode.h"

void
avx512_encode(struct kern_mat *mat)
{
	encode_fill(mat);
}
