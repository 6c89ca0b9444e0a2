/* Speculative decoding: a pass computes a token together with a draft of those that may follow; as long as what is
 * chosen agrees with the draft, the logits for the next choice are there already.
 * Every choice is made by the same sampler from the same logits as without (kernels give the same bits for any number
 * of tokens a draft may have), so the text is the same, greedy or drawn; only when it comes differs.  What is wrong of a draft
 * stays in the cache behind the end of the timeline, where the next pass writes over it. */
#ifndef CORE_AHEAD_H
#define CORE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/draft.h"
#include "core/lookup.h"
#include "core/pace.h"

struct session;

struct ahead {
	uint32_t max;			/* tokens of a draft at most; 0: off */
	uint32_t always;		/* draft so many whatever that costs (tests); 0: as pace says */
	float *rows;			/* [PACE_TOKENS][n_vocab], logits of the pass at hand */
	size_t rows_bytes;
	struct draft draft;
	struct pace pace;
	size_t last;			/* lookup.last */

	/* The pass at hand. */
	uint32_t base;			/* n_past before it */
	uint32_t n_given;		/* its tokens that were certain */
	uint32_t n, at;			/* of its draft; so many of that turned out right so far */
	enum pace_kind kind;
	size_t from;			/* where the draft was copied from */
	double s;			/* how long it took, with the draft */
	/* No draft, as none would pay: what it would have begun with, so that better times are noticed. */
	bool has_thought;
	uint32_t thought;

	/* This answer. */
	uint32_t n_passes, n_drafted, n_accepted;
};

struct session_options;

bool ahead_init(struct session *s, const struct session_options *o, struct err *e) MUST_CHECK;
void ahead_done(struct session *s);		/* accepts a zeroed one */

void ahead_begin(struct session *s);		/* an answer begins */
/* A draft model, if there is one, reads the timeline too: in the time of the prompt, which the answer's is not charged
 * with. */
void ahead_read(struct session *s, run_step_fn *step, void *ctx);
float *ahead_logits(struct session *s);		/* what the next token is chosen from */

/* ID was chosen, and there is room for it: on to the logits after it.  At most N_LEFT more tokens will be chosen.
 * *stopped: STEP stopped it. */
void ahead_take(struct session *s, uint32_t id, uint32_t n_left, run_step_fn *step, void *ctx, bool *stopped);
/* The answer is over: the timeline, its logits and its state are as if nothing had been drafted. */
void ahead_end(struct session *s, run_step_fn *step, void *ctx);

#endif
