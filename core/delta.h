/* Layers of linear attention by the gated delta rule: Qwen3-Next and Qwen 3.5 have three of them for every layer of
 * attention.  Yang, Kautz, Hatamizadeh 2024 (Gated Delta Networks). */
#ifndef CORE_DELTA_H
#define CORE_DELTA_H

#include "core/arch/arch.h"
#include "core/run.h"

/* For struct arch of a model that has such layers among layers of attention with a gate. */
bool delta_check(struct hparam *h, struct err *e);
void delta_plan(const struct hparam *h, struct layer *l);
bool delta_has(const struct layer *l, enum weight_id id);

/* Which head of queries and keys serves head I of values. */
enum delta_order {
	DELTA_BLOCKS,			/* heads in blocks: i / (heads / groups); one product gives all gates */
	DELTA_TURNS,			/* by turns: i % groups; two products */
};
/* x += the output for norm(x) of what this layer has: linear attention, or attention with a gate. */
void block_delta_or_attention(struct run *r, const struct layer *l, enum delta_order order);

/* The rows and columns of one layer's state: the inputs of the convolution before the next token, then S of each head
 * in strips of columns, one strip a run of numbers. */
size_t delta_state_floats(const struct hparam *h);

#endif
