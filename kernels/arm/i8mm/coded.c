/* Formats of coded.def with SMMLA; the body is kernels/arm/coded.h. */
#include "kernels/arm/i8mm/i8mm.h"

#include "kernels/arm/i8mm/dot.h"
#include "kernels/arm/coded.h"

void
i8mm_coded(struct kern_mat mat[QT_COUNT])
{
	arm_coded(mat);
}
