/* Scores of a q8_0 cache, and attention of many rows, with AVX-VNNI; the bodies are kernels/x86/kv_q8_0.h and
 * kv_i16.h. */
#include "kernels/x86/avxvnni/avxvnni.h"

#include "kernels/x86/avxvnni/v.h"
#include "kernels/x86/vnni/kv_dot.h"

#include "kernels/x86/kv_q8_0.h"
#include "kernels/x86/kv_i16.h"

void
avxvnni_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_q8_0].score = q8_0_score;
	i16_kv(kv);
}
