/* Element-wise rows and the key/value cache with AVX2; the bodies are kernels/simd/vec.h and kv.h. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/x86/avx2/v.h"
#include "kernels/simd/kv.h"
#include "kernels/simd/vec.h"
#include "kernels/x86/maddubs/kv_dot.h"
#include "kernels/x86/maddubs/peak.h"

#include "kernels/x86/kv_q8_0.h"
#include "kernels/x86/kv_store.h"

void
avx2_vec(struct kern_vec *vec)
{
	*vec = simd_vec;
	vec->peak_dot4 = peak_dot4;
	vec->peak_dot8 = peak_dot8;
}

void
avx2_kv(struct kern_kv kv[KV_COUNT])
{
	simd_kv(kv);
	kv[KV_q8_0].store = q8_0_store;
	kv[KV_q8_0].query = q8_0_query;
	kv[KV_q8_0].score = q8_0_score;
}
