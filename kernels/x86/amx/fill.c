/* Slots of the table that AMX does. */
#include "kernels/fill.h"

#include "kernels/x86/amx/amx.h"

void
amx_fill(struct kern *k)
{
	amx_act(k->act);
	amx_dense(k->mat);
	amx_q4_0(&k->mat[QT_q4_0]);
	amx_q4_k(&k->mat[QT_q4_k]);
	amx_q6_k(&k->mat[QT_q6_k]);
	amx_q8_0(&k->mat[QT_q8_0]);
	amx_slab(k->mat);
	amx_ternary(k->mat);
	amx_kv(k->kv);
	amx_peak(&k->vec);
}
