/* Slots of the table that NEON does. */
#include "kernels/fill.h"

#include "kernels/arm/neon/neon.h"

void
neon_fill(struct kern *k)
{
	neon_act(k->act);
	neon_coded(k->mat);
	neon_dense(k->mat);
	neon_encode(k->mat);
	neon_kv(k->kv);
	neon_packed(k->mat);
	neon_ternary(k->mat);
	neon_vec(&k->vec);
	neon_peak(&k->vec);
}
