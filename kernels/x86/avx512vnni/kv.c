/* Scores of a q8_0 cache, and attention of many rows, with AVX-512 VNNI; the bodies are kernels/x86/kv_q8_0.h and
 * kv_i16.h. */
#include "kernels/x86/avx512vnni/avx512vnni.h"

#include "kernels/x86/avx512vnni/v.h"
#include "kernels/x86/vnni/kv_dot.h"

#include "kernels/x86/kv_q8_0.h"
#include "kernels/x86/kv_i16.h"

void
avx512vnni_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_q8_0].score = q8_0_score;
	i16_kv(kv);
}
