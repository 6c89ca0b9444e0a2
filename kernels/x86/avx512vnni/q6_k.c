/* Q6_K with AVX-512 VNNI; the body is kernels/x86/vnni/q6_k.h. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/x86/vnni/q6_k.h"

void
avx512vnni_q6_k(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
