/* Slots of the table that AVX512 does. */
#include "kernels/fill.h"

#include "kernels/x86/avx512/avx512.h"

void
avx512_fill(struct kern *k)
{
	avx512_act(k->act);
	avx512_dense(k->mat);
	avx512_encode(k->mat);
	avx512_q4_0(&k->mat[QT_q4_0]);
	avx512_q4_k(&k->mat[QT_q4_k]);
	avx512_q6_k(&k->mat[QT_q6_k]);
	avx512_q8_0(&k->mat[QT_q8_0]);
	avx512_vec(&k->vec);
	avx512_kv(k->kv);
}
