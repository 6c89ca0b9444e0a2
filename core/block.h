/* The blocks that layers are made of.  Each works on all tokens of the pass; r->x is the residual stream.
 * What a layer has not (a bias, a norm) is left out. */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "core/run.h"

void block_qkv(struct run *r, const struct layer *l);		/* q, k, v = W norm(x) + bias */
/* Norm each head of q and k where the layer has the weights, turn them, store k and v in the cache. */
void block_rope_store(struct run *r, const struct layer *l);
/* mix = softmax(q . k / sqrt(dim_k)) v over every position up to the token's own. */
void block_attention(struct run *r, const struct layer *l);
void block_attn_out(struct run *r, const struct layer *l);	/* x += W mix + bias */
void block_ffn_silu(struct run *r, const struct layer *l);	/* x += down(silu(gate norm(x)) * up norm(x)) */

/* Scratch that a worker needs for attention over N_CTX positions. */
size_t block_attention_scratch(const struct hparam *h, uint32_t n_ctx);

#endif
