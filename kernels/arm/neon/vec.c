/* Element-wise rows with NEON; the body is kernels/x86/vec.h, which holds no instruction of its own. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/x86/vec.h"

void
neon_vec(struct kern_vec *vec)
{
	*vec = x86_vec;
}
