/* Slots of the table that avx512vnni does. */
#include "kernels/fill.h"

void
avx512vnni_fill(struct kern *k)
{
	(void)k;
}
