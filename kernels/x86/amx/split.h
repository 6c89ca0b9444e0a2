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

/* N numbers times FACTOR as bf16x2 of kernels/act.h: for each 32, which become so many bytes, the high parts and then the
 * low ones.  TO may be X. */
ALWAYS_INLINE void
split_row(void *to, const float *x, size_t n, float factor)
{
	char *at = to;

	for (size_t i = 0; i < n; i += 2 * V, at += 2 * sizeof(vi)) {
		struct split s = split_of(v_mul(v_load_n(x + i, n - i), v_set1(factor)),
		    n - i > V ? v_mul(v_load_n(x + i + V, n - i - V), v_set1(factor)) : v_zero());

		vi_store(at, s.high);
		vi_store(at + sizeof(vi), s.low);
	}
}

#endif
