/* Formats of coded.def with AVX-VNNI; the bodies are those of kernels/x86/slab.h. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab_fill.h"

void
avxvnni_slab(struct kern_mat mat[QT_COUNT])
{
	x86_slab(mat);
}
