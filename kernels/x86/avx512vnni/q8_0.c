/* Q8_0 with AVX-512 VNNI; the body is kernels/x86/vnni/q8_0.h. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/x86/vnni/q8_0.h"

void
avx512vnni_q8_0(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
