/* The encoder with AVX2; the body is kernels/encode, the same bits as in plain C. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/simd/encode_lane.h"
#include "kernels/encode/encode.h"

void
avx2_encode(struct kern_mat *mat)
{
	encode_fill(mat);
}
