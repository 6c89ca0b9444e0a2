/* 8-bit activations with AVX512; the body is kernels/x86/act.h. */
#include "kernels/x86/avx512/avx512.h"

#include "kernels/x86/avx512/v.h"
#include "kernels/x86/act.h"

void
avx512_act(struct kern_act act[ACT_COUNT])
{
	act[ACT_q8].quantize = q8_quantize;
	act[ACT_q8_token].quantize = q8_token_quantize;
}
