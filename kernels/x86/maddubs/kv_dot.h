/* Products of keys and queries without VNNI: |k| times the query's number with k's sign, as for Q8_0.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_KV_DOT_H
#define KERNELS_X86_MADDUBS_KV_DOT_H

#include "kernels/kv_q8_0.h"

/* What the products of a block with the query's numbers begin with. */
ALWAYS_INLINE vi
kv_dot_start(const struct kv_query_q8_0 *q)
{
	(void)q;
	return vi_zero();
}

/* acc and in each dword the products of four numbers of keys K and of a query. */
ALWAYS_INLINE vi
kv_dot(vi acc, vi k, vi q)
{
	return vi_add32(acc, vi_madd16(vi_maddubs(vi_abs8(k), vi_sign8(q, k)), vi_set16(1)));
}

#endif
