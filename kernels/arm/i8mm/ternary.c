/* Formats of ternary.def with SMMLA; the body is kernels/arm/ternary.h. */
#include "kernels/arm/i8mm/i8mm.h"

#include "kernels/arm/i8mm/dot.h"
#include "kernels/arm/ternary.h"

void
i8mm_ternary(struct kern_mat mat[QT_COUNT])
{
	arm_ternary(mat);
}
