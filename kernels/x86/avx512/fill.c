/* Slots of the table that AVX512 does. */
#include "kernels/fill.h"

#include "kernels/x86/avx512/avx512.h"

void
avx512_fill(struct kern *k)
{
	avx512_act(k->act);
	avx512_dense(k->mat);
	avx512_vec(&k->vec);
	avx512_kv(k->kv);
}
