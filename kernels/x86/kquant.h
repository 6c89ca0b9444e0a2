/* What Q4_K and Q6_K panels (kernels/x86/panel.h) hold, as vectors.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_KQUANT_H
#define KERNELS_X86_KQUANT_H

#include "kernels/x86/panel.h"

/* d * scale and dmin * min / 128 of the 8 blocks and V rows: as q4_k_scales(), four blocks a vector.  Block j's stand
 * j * STRIDE floats behind SCALE and MIN. */
ALWAYS_INLINE void
q4_k_unpack_scales(const uint8_t *block, float *scale, float *min, size_t stride)
{
	const vi low6 = vi_set8(63), low4 = vi_set8(15), high2 = vi_set8(0x30);
	vi a = vi_load(block + 4 * V), b = vi_load(block + 8 * V), c = vi_load(block + 12 * V);
	vf d = v_f16(block), dmin = v_mul(v_f16(block + 2 * V), v_set1(0x1p-7f));
	int8_t bytes[4][4 * V], *byte;

	vi_store(bytes[0], vi_and(a, low6));
	vi_store(bytes[1], vi_or(vi_and(c, low4), vi_and(vi_shr16(a, 2), high2)));
	vi_store(bytes[2], vi_and(b, low6));
	vi_store(bytes[3], vi_or(vi_and(vi_shr16(c, 4), low4), vi_and(vi_shr16(b, 2), high2)));
	byte = v_forget(bytes);		/* to be loaded: taking a register apart costs more */
	for (size_t j = 0; j < 8; j++) {
		v_store(scale + j * stride, v_mul(d, v_i8(byte + j * V)));
		v_store(min + j * stride, v_mul(dmin, v_i8(byte + (8 + j) * V)));
	}
}

/* Four lines of 16 columns from the three in the panel, codes times four. */
ALWAYS_INLINE void
q6_k_unpack_lines(const uint8_t *p, vi w[4])
{
	const vi high6 = vi_set8(0xfc);
	vi a = vi_load(p), b = vi_load(p + 4 * V), c = vi_load(p + 8 * V), d;

	d = vi_choose(vi_set8(0xc0), vi_shl16(a, 6), vi_shl16(b, 4));
	d = vi_choose(vi_set8(0xf0), d, vi_shl16(c, 2));
	w[0] = vi_and(a, high6);
	w[1] = vi_and(b, high6);
	w[2] = vi_and(c, high6);
	w[3] = vi_and(d, high6);
}

#endif
