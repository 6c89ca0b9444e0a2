/* Integer products without VNNI (VPMADDUBSW: pairs of unsigned times signed bytes into words, saturating).
 * 4-bit codes: a pair is at most 15 * 127 * 2, so eight pairs still fit a word before they are widened. */
#ifndef KERNELS_X86_MADDUBS_MADDUBS_H
#define KERNELS_X86_MADDUBS_MADDUBS_H

#include "kernels/x86/tile.h"

/* The V rows' products of 8 lines of codes 0..15 with 32 activations. */
ALWAYS_INLINE vi
dot_codes4(const vi w[8], const char *q)
{
	vi words = vi_maddubs(w[0], vi_broadcast32(q));

	for (int g = 1; g < 8; g++)
		words = vi_add16(words, vi_maddubs(w[g], vi_broadcast32(q + 4 * g)));
	return vi_madd16(words, vi_set16(1));
}

/* acc + the product of signed weights W, whose absolute values are SIZE, with X: a pair is at most 128 * 127 * 2. */
ALWAYS_INLINE vi
add_signed(vi acc, vi size, vi w, vi x)
{
	acc = vi_add32(acc, vi_madd16(vi_maddubs(size, vi_sign8(x, w)), vi_set16(1)));
	vi_pin(&acc);
	return acc;
}

#endif
