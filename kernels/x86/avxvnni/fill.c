/* Slots of the table that AVX-VNNI does. */
#include "kernels/fill.h"

#include "kernels/x86/avxvnni/avxvnni.h"

void
avxvnni_fill(struct kern *k)
{
	avxvnni_peak(&k->vec);
	avxvnni_q4_0(&k->mat[QT_q4_0]);
	avxvnni_q4_k(&k->mat[QT_q4_k]);
	avxvnni_q6_k(&k->mat[QT_q6_k]);
	avxvnni_q8_0(&k->mat[QT_q8_0]);
	avxvnni_slab(k->mat);
	avxvnni_ternary(k->mat);
	avxvnni_kv(k->kv);
}
