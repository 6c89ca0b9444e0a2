/* Keys of a q8_0 cache as they lie in a panel, and the queries that meet them. */
#ifndef KERNELS_KV_Q8_0_H
#define KERNELS_KV_Q8_0_H

#include <assert.h>
#include <stdint.h>

#include "kernels/kern.h"

/* Blocks of 32 numbers of KV_PANEL keys. */
struct kv_panel_q8_0 {
	uint16_t d[KV_PANEL];			/* f16 */
	int8_t qs[32 / 4][KV_PANEL][4];
};
static_assert(sizeof(struct kv_panel_q8_0) == KV_PANEL * 34, "a panel takes what its heads take");

/* 32 numbers of a query, x = d * q. */
struct kv_query_q8_0 {
	int8_t qs[32];
	float d;
	int32_t sum;				/* of qs, for products with unsigned keys */
};
static_assert(sizeof(struct kv_query_q8_0) <= 32 * sizeof(float), "a query takes at most its floats");

#endif
