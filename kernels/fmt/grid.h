/* What the code book formats (IQ1, IQ2, IQ3) share: groups of sizes picked by an index, and signs beside them. */
#ifndef KERNELS_FMT_GRID_H
#define KERNELS_FMT_GRID_H

#include "kernels/fmt/coded.h"

/* The eighth sign of a group follows from the seven stored: the number of minus signs is even. */
static inline unsigned
grid_signs(unsigned seven)
{
	return seven | (unsigned)__builtin_parity(seven) << 7;
}

/* Eight sizes 8, 25 or 43 of two bits each; bit i of SIGNS: the i-th is negative. */
static inline void
grid_iq2(int8_t *w, uint16_t group, unsigned signs)
{
	static const int8_t size[4] = {8, 25, 43, 0};

	for (int i = 0; i < 8; i++) {
		int8_t v = size[group >> 2 * i & 3];

		w[i] = (int8_t)(signs >> i & 1 ? -v : v);
	}
}

/* Four sizes of three bits each, STEP n + BASE; 7 stands for TOP. */
static inline void
grid_iq3(int8_t *w, uint16_t group, unsigned signs, int step, int base, int top)
{
	for (int i = 0; i < 4; i++) {
		int n = group >> 3 * i & 7, v = n == 7 ? top : step * n + base;

		w[i] = (int8_t)(signs >> i & 1 ? -v : v);
	}
}

/* Eight digits -1, 0, 1 with the block's shift of an eighth up or down: codes are eighths. */
static inline void
grid_iq1(int8_t *w, uint16_t group, int eighth)
{
	for (int i = 0; i < 8; i++)
		w[i] = (int8_t)(8 * ((int)(group >> 2 * i & 3) - 1) + eighth);
}

#endif
