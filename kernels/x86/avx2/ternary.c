/* Ternary formats with AVX2; the body is kernels/x86/ternary.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"

ALWAYS_INLINE vi
dot_codes(vi acc, vi codes, vi q)
{
	acc = vi_add16(acc, vi_maddubs(codes, q));
	vi_pin(&acc);
	return acc;
}

ALWAYS_INLINE vi
dot_sums(vi acc)
{
	return vi_madd16(acc, vi_set16(1));
}

#include "kernels/x86/ternary.h"

void
avx2_ternary(struct kern_mat mat[QT_COUNT])
{
	x86_ternary(mat);
}
