/* Formats of coded.def with SDOT; the body is kernels/arm/coded.h. */
#include "kernels/arm/dotprod/dotprod.h"

#include "kernels/arm/dotprod/dot.h"
#include "kernels/arm/coded.h"

void
dotprod_coded(struct kern_mat mat[QT_COUNT])
{
	arm_coded(mat);
}
