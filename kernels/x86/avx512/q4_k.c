/* Q4_K with AVX-512; the body is kernels/x86/maddubs/q4_k.h. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/x86/maddubs/q4_k.h"

void
avx512_q4_k(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
