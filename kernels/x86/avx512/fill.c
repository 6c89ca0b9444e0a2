/* Slots of the table that avx512 does. */
#include "kernels/fill.h"

void
avx512_fill(struct kern *k)
{
	(void)k;
}
