/* Element-wise rows with NEON; the body is kernels/simd/vec.h, which holds no instruction of its own. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/simd/vec.h"

void
neon_vec(struct kern_vec *vec)
{
	*vec = simd_vec;
}
