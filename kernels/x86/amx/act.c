/* Activations in BF16 (kernels/act.h). */
#include "kernels/x86/amx/amx.h"

#include "kernels/act.h"
#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/split.h"

static void
bf16_round_row(void *dst, const float *x, size_t n)
{
	uint8_t *high = dst;

	for (size_t i = 0; i < n; i += 2 * V)
		vi_store(high + 2 * i, v_to_bf16(v_load_n(x + i, n - i), n - i > V ? v_load_n(x + i + V, n - i - V) : v_zero()));
}

static void
bf16_split(void *dst, const float *x, size_t n)
{
	split_row(dst, x, n, 1);
}

void
amx_act(struct kern_act act[ACT_COUNT])
{
	act[ACT_bf16].quantize = bf16_round_row;
	act[ACT_bf16x2].quantize = bf16_split;
}
