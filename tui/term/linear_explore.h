/* Explore in plain lines: numbered lists and whole sentences.  Numbers are those of the list printed last. */
#ifndef TUI_TERM_LINEAR_EXPLORE_H
#define TUI_TERM_LINEAR_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/keymap.h"

struct app;

struct linear_explore {
	uint32_t *listed;		/* nodes */
	size_t n_listed, n_nodes;	/* n_nodes: of the tree that they are numbers of */
	uint32_t at;			/* the node looked at last, plus 1; 0: none yet */
};

bool linear_explore_has(enum action a);
/* True: it was mine, done and told.  *SIGNAL gets one that asks to end, while something long ran. */
bool linear_explore_act(struct app *app, struct linear_explore *le, int signal_fd, enum action a, const char *words, int *signal);
void linear_explore_done(struct linear_explore *le);

#endif
