/* Formats of coded.def with AVX2; the bodies are those of kernels/x86/slab.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/x86/maddubs/slab_dot.h"
#include "kernels/x86/slab_fill.h"

void
avx2_slab(struct kern_mat mat[QT_COUNT])
{
	x86_slab(mat);
}
