/* The conversation as rows: which part of it is on the screen, and drawing that part.  Follows the end only
 * while it is at the end; otherwise what is being read stays where it is, also over a resize. */
#ifndef TUI_WIDGET_TRANSCRIPT_H
#define TUI_WIDGET_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/widget/flow.h"

struct canvas;
struct talk;

struct turn_flow {
	struct flow thinking, text;
};

struct transcript {
	struct turn_flow *flows;	/* one a turn */
	size_t n;
	unsigned generation;	/* of the chat the flows belong to */
	int columns, height;
	size_t total;		/* rows of everything */
	size_t top;		/* the first row shown */
	bool away;		/* scrolled up: do not follow */
	bool thinking;		/* shown whole; otherwise folded to a line */
	bool was_thinking;	/* as last laid out */
	bool hold;		/* other turns will come: stay at this row */
	size_t seen;		/* rows that were there when the end was last on the screen */
};

void transcript_done(struct transcript *t);
/* Bring the layout up to date with C for an area of HEIGHT x COLUMNS. */
void transcript_layout(struct transcript *t, const struct talk *c, int height, int columns);
/* Negative: up.  False when it is at that end already. */
bool transcript_scroll(struct transcript *t, long rows);
void transcript_bottom(struct transcript *t);
size_t transcript_new_rows(const struct transcript *t);	/* below the screen, since one scrolled away */
/* The turns are about to change below ROW, which stays the first one. */
void transcript_hold(struct transcript *t, size_t row);
/* The turn whose branches an action is about: the lowest on the screen that has others beside it, else the last of all;
 * c->n_turns when none has. */
size_t transcript_branch(const struct transcript *t, const struct talk *c);
void transcript_draw(const struct transcript *t, const struct talk *c, const struct canvas *canvas);

#endif
