/* The encoder with NEON; the body is kernels/encode, the same bits as in plain C. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/simd/encode_lane.h"
#include "kernels/encode/encode.h"

void
neon_encode(struct kern_mat *mat)
{
	encode_fill(mat);
}
