/* Slots of the table that AVX2 does. */
#include "kernels/fill.h"

#include "kernels/x86/avx2/avx2.h"

void
avx2_fill(struct kern *k)
{
	avx2_act(k->act);
	avx2_slab(k->mat);
	avx2_dense(k->mat);
	avx2_encode(k->mat);
	avx2_q4_0(&k->mat[QT_q4_0]);
	avx2_q4_k(&k->mat[QT_q4_k]);
	avx2_q6_k(&k->mat[QT_q6_k]);
	avx2_q8_0(&k->mat[QT_q8_0]);
	avx2_ternary(k->mat);
	avx2_vec(&k->vec);
	avx2_kv(k->kv);
}
