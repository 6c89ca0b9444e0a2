/* The key/value cache with NEON; the body is kernels/simd/kv.h.  Scores of q8_0 keys are left to the reference. */
#include "kernels/arm/neon/neon.h"

#include "kernels/arm/neon/v.h"
#include "kernels/simd/kv.h"

void
neon_kv(struct kern_kv kv[KV_COUNT])
{
	simd_kv(kv);
}
