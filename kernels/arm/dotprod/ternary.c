/* Formats of ternary.def with SDOT; the body is kernels/arm/ternary.h. */
#include "kernels/arm/dotprod/dotprod.h"

#include "kernels/arm/dotprod/dot.h"
#include "kernels/arm/ternary.h"

void
dotprod_ternary(struct kern_mat mat[QT_COUNT])
{
	arm_ternary(mat);
}
