/* The blocks that layers are made of.  Each works on all tokens of the pass; r->x is the residual stream.
 * What a layer has not (a bias, a norm) is left out. */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "core/run.h"

void block_keep(struct run *r);					/* kept = x, for block_ffn of a parallel layer */
/* q, k, v = W norm(x) + bias; v = k where the layer has no weight for it; q alone where it reads another layer's. */
void block_qkv(struct run *r, const struct layer *l);
/* Norm each head of q and k where the layer has the weights, turn them, store k and v in the cache. */
void block_rope_store(struct run *r, const struct layer *l);
/* mix = softmax(cap(q . k * attn_scale + bias)) v over the positions of the layer's window that end with the token's own,
 * or in an encoder, over those of all on both sides that the window reaches. */
void block_attention(struct run *r, const struct layer *l);
/* mix = mix * sigmoid(gate), of a layer that has one. */
void block_attn_gate(struct run *r, const struct layer *l);
/* Of an encoder: keys and values of all tokens come before the first query. */
void block_keys(struct run *r, const struct layer *l);
void block_queries(struct run *r, const struct layer *l);
/* Of a decoder: keep keys and values of norm(x), x the encoder's output; x += W mix over them. */
void block_cross_store(struct run *r, const struct layer *l, struct norm norm);
void block_cross(struct run *r, const struct layer *l);
/* x += residual_scale * post_norm(W sub_norm(mix) + bias) */
void block_attn_out(struct run *r, const struct layer *l);

/* x += residual_scale * W mix */
void block_mix_out(struct run *r, const struct layer *l, enum weight_id w);

/* x += residual_scale * post_norm(down sub_norm(act(gate n) * up n)), n = norm(x), or the attention's norm(kept) in a
 * parallel layer; without gate: act(up n). */
void block_ffn(struct run *r, const struct layer *l, enum ffn_act act);

/* x += residual_scale * post_norm(branch); POST_NORM NULL: without. */
void block_add_branch(struct run *r, const float *post_norm);
void block_scale(struct run *r, float factor);			/* x *= factor */

void block_ffn_out(struct run *r, const struct layer *l);		/* the second half: from ff on */

typedef void gate_fn(float *y, const float *gate, const float *up, size_t n);
gate_fn *block_gate(const struct kern_vec *vec, enum ffn_act act);	/* y = act(gate) * up */

/* Choose the experts of one token: n_used different ones and what their outputs are multiplied by.  LOGITS may be
 * overwritten. */
typedef void route_fn(const struct kern_vec *vec, const struct hparam *h, float *logits, uint32_t *expert,
    float *weight);
route_fn route_softmax;			/* the most probable of a softmax over all */
route_fn route_renormed;		/* so too, and their probabilities made to add up to 1 */
/* x += the weighted outputs of the experts chosen for norm(x), and of the shared one where the layer has it.  Or, where
 * a layer has a dense feed forward too, all with norms of their own: x += post_norm(norm(experts) + norm(dense)). */
void block_experts(struct run *r, const struct layer *l, route_fn *route);

#endif
