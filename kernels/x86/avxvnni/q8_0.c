/* Q8_0 with AVX-VNNI; the body is kernels/x86/vnni/q8_0.h. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/x86/vnni/q8_0.h"

void
avxvnni_q8_0(struct kern_mat *mat)
{
	panel_fill(mat, V, panel_bytes, pack, mul);
}
