/* The tokens of a vocabulary by their bytes, as one tree: what begins alike is tried once. */
#ifndef CORE_GRAMMAR_TRIE_H
#define CORE_GRAMMAR_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct tok;

/* Nodes stand in the order of a walk that goes down first. */
struct trie_node {
	uint32_t skip;			/* the node after all those below this one */
	uint32_t first;			/* the tokens that end here: ids[first .. first of the next node) */
	uint32_t depth;			/* bytes up to and with this one */
	uint32_t byte;
};

struct trie {
	struct trie_node *nodes;	/* [n_nodes + 1]; the last one only bounds */
	size_t n_nodes;
	uint32_t *ids;
	size_t n_ids;
	uint32_t depth;			/* of the deepest */
};

/* Only tokens that write something: no control tokens, and none that ends a turn. */
struct trie *trie_new(const struct tok *t, struct err *e) MUST_CHECK;
void trie_free(struct trie *t);

#endif
