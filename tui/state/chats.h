/* The list of conversations: what is in it, which one is marked, what is searched for.  No drawing. */
#ifndef TUI_STATE_CHATS_H
#define TUI_STATE_CHATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/state/chats_tree.h"
#include "tui/state/history.h"

/* A row as it is drawn. */
struct chats_row {
	enum { ROW_GROUP, ROW_CHAT, ROW_SNIPPET, ROW_BRANCH } kind;
	const char *group;		/* "today", … */
	size_t chat;
	size_t branch;			/* of the tree */
};

struct chats {
	struct history_list list;
	struct chats_row *rows;
	size_t n_rows;
	struct buf words;		/* searched for; empty: all are listed */
	bool open;			/* unfolded by the person, where it is not always there */
	bool folded;			/* folded by the person, where it would be */
	bool focus;			/* it has the keyboard */
	bool was_focus;			/* before the search line was opened */
	size_t marked;			/* in list */
	struct chats_tree tree;		/* the branches of one of them … */
	int64_t tree_of;		/* … this one; 0: of none */
	size_t marked_branch;		/* 0: the conversation itself; 1: the first branch, … */
	size_t top;			/* the first row shown */
	int64_t target;			/* what the rename line is about */
	unsigned seen;			/* changes of the conversation (keep.h) it has taken in */
	bool loaded;
};

void chats_done(struct chats *c);
/* Read the list anew from H, which is flushed first unless writing fails.  The mark stays on its conversation, or goes to
 * MARK when that is not 0. */
bool chats_load(struct chats *c, struct history *h, int64_t mark, struct err *e) MUST_CHECK;
bool chats_search(struct chats *c, struct history *h, const char *words, struct err *e) MUST_CHECK;
/* Show the branches of T below its title; NULL: none.  Without branches nothing is shown. */
void chats_set_tree(struct chats *c, const struct history_tree *t);
bool chats_move(struct chats *c, long step);	/* false: at that end already */
const struct history_chat *chats_marked(const struct chats *c);	/* NULL: the list is empty */
const struct chats_branch *chats_marked_branch(const struct chats *c);	/* NULL: a title is marked */
/* Bring the marked row into an area of HEIGHT rows. */
void chats_scroll(struct chats *c, int height);
/* "today", "yesterday", "older"; pinned ones are a group of their own. */
const char *chats_group(const struct history_chat *c, int64_t now_ms);

#endif
