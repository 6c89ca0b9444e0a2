/* Slots of the table that avx2 does. */
#include "kernels/fill.h"

void
avx2_fill(struct kern *k)
{
	(void)k;
}
