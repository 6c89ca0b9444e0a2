/* The conversation as rows: which part of it is on the screen, and drawing that part.  Follows the end only
 * while it is at the end; otherwise what is being read stays where it is, also over a resize. */
#ifndef TUI_WIDGET_TRANSCRIPT_H
#define TUI_WIDGET_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/widget/flow.h"
#include "tui/widget/flow_find.h"

struct canvas;
struct talk;

struct turn_flow {
	struct flow thinking, text;
};

/* What a row shows, in terms that outlive a new width and folding. */
struct transcript_anchor {
	size_t turn;
	enum { AT_NAME, AT_THINKING, AT_TEXT } in;
	size_t at;		/* the byte that row shows */
};

/* Where the words are in one turn, and of which layout that was said. */
struct found_turn {
	struct flow_matches thinking, text;
	size_t pieces, bytes;
	int columns;
	bool unfolded;
};

struct finder {
	bool on;		/* places are marked */
	struct buf words;	/* looked for last; "": nothing yet */
	struct buf key;		/* what is compared: in small letters unless words has others */
	bool folds;
	unsigned generation;	/* of the chat it was looked for in */
	struct found_turn *turns;
	size_t n;
	size_t total;
	bool more;		/* there are more than FIND_MAX */
	bool has_current;
	struct {
		size_t turn;
		bool in_text;
		size_t i;	/* of its matches */
	} current;
	struct {
		struct transcript_anchor anchor;
		bool away, on;
		struct buf words;
	} origin;		/* before words were typed */
};
enum { FIND_MAX = 100000 };

struct transcript {
	struct finder find;
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
/* ---- finding (transcript_find.c): letters of either case, unless the words have a capital ---- */
/* Here one begins to type words; what they are so far, "": none; given up. */
void transcript_find_begin(struct transcript *t, const struct talk *c);
void transcript_find_words(struct transcript *t, const struct talk *c, const char *words);
void transcript_find_undo(struct transcript *t, const struct talk *c);
/* The next place (STEP 1) or the one before (-1), from the one that is looked at or from the screen.  False: there is none.
 * *WRAPPED: it is at the other end. */
bool transcript_find_step(struct transcript *t, const struct talk *c, int step, bool *wrapped);
void transcript_find_end(struct transcript *t);		/* no marks any more; the words are kept */
size_t transcript_find_place(const struct transcript *t);	/* of the one that is looked at, from 1; 0: none is */

void transcript_draw(const struct transcript *t, const struct talk *c, const struct canvas *canvas);

#endif
