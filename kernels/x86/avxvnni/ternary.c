/* Ternary formats with AVX-VNNI; the body is kernels/x86/vnni/ternary.h. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/x86/vnni/ternary.h"

void
avxvnni_ternary(struct kern_mat mat[QT_COUNT])
{
	x86_ternary(mat);
}
