/* Votes on answers that stood side by side, in the file of conversations (history.h). */
#ifndef TUI_STATE_HISTORY_VOTES_H
#define TUI_STATE_HISTORY_VOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum { HISTORY_ANSWERS_MAX = 4, HISTORY_NO_WINNER = -1 };

struct history;

/* Who gave an answer. */
struct history_answer {
	char *model;			/* what the person called it */
	char *digest;			/* SHA-256 of its file in hexadecimal; NULL: not known */
	char *settings;			/* in which it differed from the others, as "temp=0 top-k=5"; "" */
	char *options;			/* all it was asked with, as compare_spec_write() has it */
};

struct history_vote {
	int64_t id, created_ms;		/* id: history_new_id() */
	char *topic, *prompt;
	bool blind;			/* the names were hidden */
	int winner;			/* place of the best answer, or HISTORY_NO_WINNER: none is better than the others */
	size_t n;
	struct history_answer answers[HISTORY_ANSWERS_MAX];	/* in the order on the screen */
};

struct history_votes {
	struct history_vote *votes;	/* in order of time */
	size_t n;
};

/* Queued, like what history.h queues.  A vote of the same id is replaced. */
void history_add_vote(struct history *h, const struct history_vote *v);
void history_set_vote_digest(struct history *h, int64_t vote, size_t place, const char *digest);

/* All that are written: history_flush() first. */
bool history_votes(struct history *h, struct history_votes *out, struct err *e) MUST_CHECK;
void history_votes_done(struct history_votes *v);

#endif
