/* Q4_K with AVX-VNNI; the body is kernels/x86/vnni/q4_k.h. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/x86/vnni/q4_k.h"

void
avxvnni_q4_k(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
