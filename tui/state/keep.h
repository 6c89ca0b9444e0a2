/* The conversation on the screen as it is kept (history.h): what was said since the last look is added, and other
 * conversations and branches are brought back from there.  The conversation itself (talk.h) knows nothing of it. */
#ifndef TUI_STATE_KEEP_H
#define TUI_STATE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/buf.h"

struct history;
struct history_tree;
struct talk;

struct keep_node {
	int64_t id, parent;
};

struct keep {
	struct history *history;	/* not owned; NULL: nothing is kept */
	int64_t chat;			/* 0: not begun */
	char *model;			/* as it was called when it was opened: what opens it again */
	struct keep_node *nodes;	/* every message of the conversation, all branches */
	size_t n_nodes;
	unsigned changes;		/* of what the list of conversations shows */
	struct buf draft;		/* as kept last … */
	int64_t draft_chat;		/* … for this conversation */
};

void keep_done(struct keep *k);
/* Add what is new in C.  Costs nothing when nothing is. */
void keep_update(struct keep *k, struct talk *c);
/* The model, the system prompt or the settings are others now. */
void keep_settings(struct keep *k, const struct talk *c);
/* What is being written, when it differs from what was kept last; a long one only if NOW. */
void keep_draft(struct keep *k, const char *text, size_t n, bool now);

/* What was being written in the open conversation; borrowed. */
const char *keep_take_draft(struct keep *k);

/* Show T, read from the history, at its chosen leaf.  Turns are made anew. */
void keep_show(struct keep *k, struct talk *c, const struct history_tree *t);
/* The turn nearest above FROM, or FROM, where another branch stands STEP (1, -1) further: like the wheels of a counter,
 * the last one first.  c->n_turns: nowhere. */
size_t keep_branch_at(const struct talk *c, size_t from, int step);
/* At turn AT of C, the branch STEP further.  False with *e: there is none. */
bool keep_branch(struct keep *k, struct talk *c, size_t at, int step, struct err *e) MUST_CHECK;
/* The branch that MESSAGE is in, at its newest leaf; where it is on the screen already, nothing changes. */
bool keep_branch_to(struct keep *k, struct talk *c, int64_t message, struct err *e) MUST_CHECK;
/* Is there more than one way through the conversation? */
bool keep_has_branches(const struct talk *c);
/* The conversation at its chosen leaf, all of it committed. */
bool keep_read(struct keep *k, struct history_tree *out, struct err *e) MUST_CHECK;

/* Settings of C as a JSON object, and back: fields that are not there or out of range stay as they are. */
void keep_write_sampling(const struct talk *c, struct buf *out);
void keep_read_sampling(struct talk *c, const char *json);

/* A title from the first question: its first line that says something, at most 60 characters. */
void keep_title(const char *text, size_t n, struct buf *out);

#endif
