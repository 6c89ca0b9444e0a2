/* Ternary formats with AVX-512 VNNI; the body is kernels/x86/vnni/ternary.h. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/x86/vnni/ternary.h"

void
avx512vnni_ternary(struct kern_mat mat[QT_COUNT])
{
	x86_ternary(mat);
}
