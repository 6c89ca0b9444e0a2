/* Q4_0, Q8_0, Q4_K and Q6_K with SDOT; the body is kernels/arm/packed.h. */
#include "kernels/arm/dotprod/dotprod.h"

#include "kernels/arm/dotprod/dot.h"
#include "kernels/arm/packed.h"

void
dotprod_packed(struct kern_mat mat[QT_COUNT])
{
	arm_packed(mat);
}
