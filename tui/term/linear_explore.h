/* What Explore in plain lines remembers: numbers are those of the list printed last. */
#ifndef TUI_TERM_LINEAR_EXPLORE_H
#define TUI_TERM_LINEAR_EXPLORE_H

#include <stddef.h>
#include <stdint.h>

struct linear_explore {
	uint32_t *listed;		/* nodes */
	size_t n_listed, n_nodes;	/* n_nodes: of the tree that they are numbers of */
	uint32_t at;			/* the node looked at last, plus 1; 0: none yet */
};

void linear_explore_done(struct linear_explore *le);

#endif
