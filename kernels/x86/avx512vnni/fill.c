/* Slots of the table that AVX-512 VNNI does. */
#include "kernels/fill.h"

#include "kernels/x86/avx512vnni/avx512vnni.h"

void
avx512vnni_fill(struct kern *k)
{
	avx512vnni_peak(&k->vec);
	avx512vnni_q4_0(&k->mat[QT_q4_0]);
	avx512vnni_q4_k(&k->mat[QT_q4_k]);
	avx512vnni_q6_k(&k->mat[QT_q6_k]);
	avx512vnni_q8_0(&k->mat[QT_q8_0]);
	avx512vnni_slab(k->mat);
	avx512vnni_ternary(k->mat);
	avx512vnni_kv(k->kv);
}
