/* How much a text surprises a model that did not write it, and how far two models' predictions along it are apart.
 * The text follows a prompt, which each side reads in its own form; every token of the text is predicted from the prompt
 * and all of the text before it, whatever the model would have written itself. */
#ifndef CORE_SCORE_H
#define CORE_SCORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/minnow.h"

struct kern_vec;
struct tok_ids;

/* What one row of logits says about the token that came. */
struct score {
	double nll, base_nll;		/* -ln p */
	double kl;			/* sum of base p (ln base p - ln p), in nats */
	size_t top, base_top;		/* the first of the most probable */
};
/* X and BASE have N numbers; BASE may be NULL. */
void score_row(const struct kern_vec *vec, const float *x, const float *base, size_t n, uint32_t next, struct score *out);

/* The prompt that session_ask() would make of R for a session of M: appended to OUT.  TO_ANSWER: where the template has
 * the model think first, with the end of thinking, so that an answer may follow. */
bool score_prompt(const struct model *m, const struct request *r, bool to_answer, struct tok_ids *out,
    struct err *e) MUST_CHECK;

/* A model and the prompt it reads before the text; at least one token. */
struct score_side {
	struct model *model;
	const uint32_t *prompt;
	size_t n_prompt;
	enum kvtype kv;
};

struct score_sum {
	size_t n;			/* tokens of the text */
	double nll;			/* sum of -ln p */
	/* Against a base only. */
	double kl;			/* mean over the tokens, in nats */
	size_t n_same_top;		/* tokens where both find the same one most probable */
	size_t first_other;		/* the first where they do not; n: none */
};

/* The N tokens of IDS, at least one, under M; BASE may be NULL, else it has the vocabulary of M.  Opens sessions of its
 * own.  CANCEL, or NULL, is polled between chunks.  Not for models with an encoder. */
bool score_text(const struct score_side *m, const struct score_side *base, const uint32_t *ids, size_t n,
    const atomic_bool *cancel, struct score_sum *out, struct err *e) MUST_CHECK;

/* Bits for each byte of a text of N_BYTES, which is comparable between tokenizers. */
double score_bits_per_byte(double nll, size_t n_bytes);

#endif
