/* Q4_0, Q8_0, Q4_K and Q6_K with SMMLA; the body is kernels/arm/packed.h. */
#include "kernels/arm/i8mm/i8mm.h"

#include "kernels/arm/i8mm/dot.h"
#include "kernels/arm/packed.h"

void
i8mm_packed(struct kern_mat mat[QT_COUNT])
{
	arm_packed(mat);
}
