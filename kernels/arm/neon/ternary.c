/* Formats of ternary.def with NEON; the body is kernels/arm/ternary.h. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/dot.h"
#include "kernels/arm/ternary.h"

void
neon_ternary(struct kern_mat mat[QT_COUNT])
{
	arm_ternary(mat);
}
