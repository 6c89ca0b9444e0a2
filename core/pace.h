/* How much to draft: what passes of several tokens cost here, measured, against how often drafts are right.  Knows only
 * numbers, so that what it does is the same for the same ones. */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Tokens of a pass at most: from 16 on, dense products may go another way (many_min in kernels/kern.h), with other last
 * bits than one token alone has. */
enum { PACE_TOKENS = 15 };

/* Where a draft comes from: each kind is right more or less often.  Few tokens that are the same say less far from where
 * the last copy broke off than near it. */
enum pace_kind {
	PACE_FAR_1, PACE_FAR_2,
	PACE_SAME_1, PACE_SAME_2, PACE_SAME_3, PACE_SAME_5, PACE_SAME_9, PACE_SAME_16,
	PACE_MODEL,
	PACE_KINDS
};

struct pace {
	struct pace_cost {
		double s;			/* of a pass of so many tokens; 0: not known */
		uint32_t n;			/* measurements behind it */
	} cost[PACE_TOKENS + 1];
	struct pace_odds {
		double right, wrong;		/* drafted tokens, older ones counting for less */
	} odds[PACE_KINDS];
	double spent_s, lost_s;			/* of this answer: all passes; drafts, against a pass for each token */
};

void pace_begin(struct pace *p);		/* an answer: another text, perhaps another load on the machine */
enum pace_kind pace_kind_of(unsigned n_same, bool near);	/* of what lookup_find() found */

/* A plan: N tokens of a draft, and what it gains: tokens in the time of one without a draft. */
struct pace_plan {
	unsigned n;				/* 0: a draft does not pay */
	double gain;
};
struct pace_ask {
	enum pace_kind kind;
	unsigned n_given;			/* tokens of the pass that are certain; at least 1 */
	unsigned max;				/* tokens of the draft at most; n_given + max <= PACE_TOKENS */
	double token_s;			/* what drafting one costs … */
	double start_s;			/* … and what has to be caught up with before, for this draft and all after it */
	bool repeats;				/* what was right of a wrong draft is computed again, in the next pass */
};
struct pace_plan pace_plan(const struct pace *p, const struct pace_ask *a);

/* A pass of N tokens took S seconds. */
void pace_pass(struct pace *p, unsigned n, double s);
/* N_RIGHT tokens of a draft that was only thought of came, and then another one, or not. */
void pace_learn(struct pace *p, enum pace_kind kind, unsigned n_right, bool wrong);
/* N_RIGHT of N_DRAFT tokens were right, in a pass that took S seconds with its draft. */
void pace_judge(struct pace *p, enum pace_kind kind, unsigned n_right, unsigned n_draft, double s);

#endif
