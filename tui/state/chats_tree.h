/* The branches of a conversation as a small tree: the messages that stand beside others, each below the one it grew
 * from.  What has no other beside it is not in it, so that it stays small however long the conversation is. */
#ifndef TUI_STATE_CHATS_TREE_H
#define TUI_STATE_CHATS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_tree;

enum { CHATS_TREE_MAX = 64, CHATS_TREE_DEPTH = 8 };

struct chats_branch {
	int64_t message;
	unsigned depth;			/* below CHATS_TREE_DEPTH: what is deeper is left out */
	bool is_last;			/* of those beside it */
	bool goes_on[CHATS_TREE_DEPTH];	/* at each depth above: more of the same will follow */
	bool here;			/* on the way to what is on the screen */
	bool by_model;
	char *text;			/* how it begins, one clean line */
};

struct chats_tree {
	struct chats_branch *at;
	size_t n;
};

/* Of T, with T->chat.leaf on the screen: at most CHATS_TREE_MAX of them, CHATS_TREE_DEPTH deep. */
void chats_tree_make(struct chats_tree *out, const struct history_tree *t);
void chats_tree_done(struct chats_tree *tree);	/* accepts a zeroed one */

#endif
