/* How well a model predicts a text, and how far its predictions are from those of another model.
 *
 * As llama.cpp measures it, so that figures can stand side by side: the text is cut into windows of n_ctx tokens, each
 * read from an empty context with the begin token (where the model has one) in place of its first; the tokens of its
 * second half, each predicted from all before it, are scored.  Perplexity is e to the mean of -ln p of these. */
#ifndef CORE_PERPLEXITY_H
#define CORE_PERPLEXITY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "kernels/kern.h"

struct model;

struct perplexity_options {
	uint32_t n_ctx;			/* tokens of a window, at least 4 */
	size_t max_windows;		/* 0: all that the text has */
	enum kvtype kv;
	const atomic_bool *cancel;	/* or NULL; polled within windows */
	/* NULL, or called within windows; MEAN: of -ln p so far, 0 before the first. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total, double mean);
	void *ctx;
};

/* A mean and its standard error, taken over tokens (llama.cpp's ±) and over the means of windows, which do not pretend
 * that neighbouring tokens know nothing of each other; 0 with one window. */
struct perplexity_mean {
	double mean, error_tokens, error_windows;
};

struct perplexity_result {
	size_t n_windows, n_scored;
	struct perplexity_mean nll;	/* -ln p of the model */
	double seconds;
	/* Against a base only. */
	struct perplexity_mean base_nll;
	struct perplexity_mean kl;	/* sum of base p (ln base p - ln p), in nats */
	double kl_median, kl_99, kl_max;	/* 99 % of the tokens are not above kl_99 */
	double same_top, same_top_error;	/* part of the tokens where both find the same one most probable */
};

/* BASE may be NULL; else it has the vocabulary of M.  Not for models with an encoder. */
bool perplexity_run(struct model *m, struct model *base, const uint32_t *ids, size_t n, const struct perplexity_options *o,
    struct perplexity_result *r, struct err *e) MUST_CHECK;

#endif
