/* Q6_K with AVX2; the body is kernels/x86/maddubs/q6_k.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/maddubs/q6_k.h"

void
avx2_q6_k(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
