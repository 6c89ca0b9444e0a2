/* Floats as sums of two BF16 numbers.  Include after v.h. */
#ifndef KERNELS_X86_AMX_SPLIT_H
#define KERNELS_X86_AMX_SPLIT_H

/* Of 2 V numbers, one after another. */
struct split {
	vi high, low;
};

ALWAYS_INLINE struct split
split_of(vf a, vf b)
{
	struct split s = {.high = v_to_bf16(a, b)};
	vf high_a = v_from_bf16(_mm512_castsi512_si256(s.high)), high_b = v_from_bf16(_mm512_extracti64x4_epi64(s.high, 1));

	s.low = v_to_bf16(v_sub(a, high_a), v_sub(b, high_b));
	return s;
}

#endif
