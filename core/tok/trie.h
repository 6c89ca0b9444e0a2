/* The entries of a vocabulary that begin at one place of a text, shortest first: a walk down a tree of bytes. */
#ifndef CORE_TOK_TRIE_H
#define CORE_TOK_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tok/vocab.h"

/* Children of one node are neighbours, sorted by their byte. */
struct trie_node {
	uint32_t first, n;	/* children */
	uint32_t id;		/* of the entry that ends here, or TOK_NONE */
	uint8_t byte;		/* that leads here */
};

struct trie {
	struct trie_node *nodes;	/* [0] is the root; NULL: an empty tree */
	size_t n;
};

/* Which entries are in the tree. */
typedef bool trie_wants_fn(const struct vocab *v, uint32_t id);
/* Of several entries with one spelling the first is found.  An entry longer than 1024 bytes is refused: it bounds the
 * work at one place of a text. */
bool trie_build(struct trie *t, const struct vocab *v, trie_wants_fn *wants, struct err *e) MUST_CHECK;
void trie_done(struct trie *t);		/* accepts a zeroed one */

/* The node that BYTE leads to from NODE (0: the root), or 0: none. */
uint32_t trie_step(const struct trie *t, uint32_t node, uint8_t byte);

#endif
