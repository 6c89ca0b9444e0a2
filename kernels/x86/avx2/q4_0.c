/* Q4_0 with AVX2; the body is kernels/x86/maddubs/q4_0.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/maddubs/q4_0.h"

void
avx2_q4_0(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
