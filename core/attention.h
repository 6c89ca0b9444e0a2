/* Attention of the tokens of a pass over a cache of keys and values: mix = softmax(cap(q . k * scale + bias)) v.
 *
 * The keys of a row are cut at the multiples of BLOCK positions.  Each block gives a part (kern_part) and a mix, and
 * the parts are joined in order of position (Milakov & Gimelshein 2018).  So the threads do not change a bit, whether
 * one worker takes all blocks of some rows (prompts) or each block is a chunk of its own (a few tokens far into the
 * context; Dao et al. 2023, flash decoding).  Nor do the tokens that are computed together, except far into the
 * context, where passes of many tokens take most of their time here: there kernels for many rows round otherwise
 * (attention_many.c). */
#ifndef CORE_ATTENTION_H
#define CORE_ATTENTION_H

#include "core/run.h"

struct attn_view {
	const struct kv_layer *cache;
	uint32_t window;		/* 0: all */
	size_t n_all;			/* > 0: so many positions, on both sides; 0: those up to a token's own */
	const float *bias;		/* [n_heads][n_buckets], by relative position; or NULL */
};

/* X, dim_k floats, becomes the query of HEAD of token T, in the form that attention_run() reads in this pass. */
void attention_query(const struct run *r, const struct layer *l, size_t head, size_t t, const float *x);

/* Reads r->q, of which the rows of one key/value head stand together, so that its keys are read once for them. */
void attention_run(struct run *r, const struct layer *l, const struct attn_view *v);

/* Scratch that a worker needs in any layer. */
size_t attention_worker_bytes(const struct run *r);
/* Floats of run.part: room for the parts of a few tokens at the end of the context. */
size_t attention_part_floats(const struct run *r);

#endif
