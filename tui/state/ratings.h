/* Ratings from a person's own votes.
 *
 * Model: each model has a strength, and the chance that an answer is the best of those shown is proportional to the
 * exponential of it.  Of two that is Bradley and Terry, "Rank Analysis of Incomplete Block Designs" (1952); of more, Luce,
 * "Individual Choice Behavior" (1959).  "None is better" counts as an equal part of a win for each.  Before any vote a
 * strength is normal around that of the others, with the deviation of an unrated player in Glicko (350 points, Glickman
 * 1999), so few votes move little; what is told is the most probable strength.  The error is from the curvature there
 * (Laplace), against the mean of all that are rated.  Points are Elo's: 400 more is ten times the odds; 1500 is the mean. */
#ifndef TUI_STATE_RATINGS_H
#define TUI_STATE_RATINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "tui/state/history_votes.h"

enum { RATINGS_MAX = 256 };		/* models; votes on further ones are not counted */

struct rating {
	const char *model, *settings, *digest;	/* of the votes; digest NULL: not known */
	bool ambiguous;			/* another one of other bytes has the same name and settings */
	size_t n_votes, n_won, n_even;	/* took part; was the best; none was */
	double points, error;		/* the true value is within points +- error with a probability of 95 % */
};

struct ratings {
	struct rating *models;		/* the best first */
	size_t n;
	size_t n_votes, n_blind;	/* counted */
	double p_ahead;			/* that the first is better than the second; 0: there is no second */
};

/* TOPIC NULL: of all.  Borrows the strings of V. */
void ratings_compute(const struct history_votes *v, const char *topic, struct ratings *out);
void ratings_done(struct ratings *r);

/* The topics of V, most votes first, one a line. */
void ratings_topics(const struct history_votes *v, struct buf *out);
/* "qwen3-0.6b temp=0", with the beginning of the digest where it is ambiguous. */
void ratings_add_name(const struct rating *r, struct buf *out);
/* A sentence of how much the first is ahead of the second, without a full stop; nothing with fewer than two. */
void ratings_add_verdict(const struct ratings *r, struct buf *out);

#endif
