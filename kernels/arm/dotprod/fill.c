/* Slots of the table that SDOT does. */
#include "kernels/fill.h"

#include "kernels/arm/dotprod/dotprod.h"

void
dotprod_fill(struct kern *k)
{
	dotprod_coded(k->mat);
	dotprod_packed(k->mat);
	dotprod_ternary(k->mat);
	dotprod_peak(&k->vec);
}
