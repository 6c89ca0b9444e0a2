/* Products of keys and queries with VNNI: keys are taken as k + 128, which the start takes back.
 * Include after the v.h of an instruction set that has it. */
#ifndef KERNELS_X86_VNNI_KV_DOT_H
#define KERNELS_X86_VNNI_KV_DOT_H

#include "kernels/kv_q8_0.h"

/* What the products of a block with the query's numbers begin with. */
ALWAYS_INLINE vi
kv_dot_start(const struct kv_query_q8_0 *q)
{
	return vi_shl32(vi_sub32(vi_zero(), vi_broadcast32(&q->sum)), 7);
}

/* acc and in each dword the products of four numbers of keys K and of a query. */
ALWAYS_INLINE vi
kv_dot(vi acc, vi k, vi q)
{
	return vi_dpbusd(acc, vi_xor(k, vi_set8(0x80)), q);
}

#endif
