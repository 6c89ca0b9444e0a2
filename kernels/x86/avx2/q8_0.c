/* Q8_0 with AVX2; the body is kernels/x86/maddubs/q8_0.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/maddubs/q8_0.h"

void
avx2_q8_0(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
