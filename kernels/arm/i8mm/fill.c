/* Slots of the table that SMMLA does. */
#include "kernels/fill.h"

#include "kernels/arm/i8mm/i8mm.h"

void
i8mm_fill(struct kern *k)
{
	i8mm_coded(k->mat);
	i8mm_packed(k->mat);
	i8mm_ternary(k->mat);
}
