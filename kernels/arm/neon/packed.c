/* Q4_0, Q8_0, Q4_K and Q6_K with NEON; the body is kernels/arm/packed.h. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/dot.h"
#include "kernels/arm/packed.h"

void
neon_packed(struct kern_mat mat[QT_COUNT])
{
	arm_packed(mat);
}
