/* Formats of coded.def with AVX-512 VNNI; the bodies are those of kernels/x86/slab.h. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab_fill.h"

void
avx512vnni_slab(struct kern_mat mat[QT_COUNT])
{
	x86_slab(mat);
}
