/* Formats of coded.def with NEON; the body is kernels/arm/coded.h. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/dot.h"
#include "kernels/arm/coded.h"

void
neon_coded(struct kern_mat mat[QT_COUNT])
{
	arm_coded(mat);
}
