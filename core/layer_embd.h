/* The embedding that every layer has of every token (Gemma 3n, Gemma 4): a table far larger than the rest of the model,
 * of which a token reads one row. */
#ifndef CORE_LAYER_EMBD_H
#define CORE_LAYER_EMBD_H

#include "core/run.h"

/* Before the first layer, when x holds the embeddings of IDS:
 * layer_in = (norm(W x / sqrt(n_embd)) + row * sqrt(n_embd_layer)) / sqrt(2), layer by layer. */
void layer_embd_begin(struct run *r, const uint32_t *ids);
/* branch = out(gelu(gate x) * layer_in), from X[n][n_embd]. */
void layer_embd_branch(struct run *r, const struct layer *l, const float *x);

#endif
