/* Words in laid-out text: as they are seen, without the marks of Markdown, also over the end of a row where a line goes on
 * in the next. */
#ifndef TUI_WIDGET_FLOW_FIND_H
#define TUI_WIDGET_FLOW_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/widget/flow.h"

/* From a byte of one piece of the flow up to one of the same or a later piece. */
struct flow_match {
	uint32_t piece, from, to_piece, to;
};

/* Zeroed: empty. */
struct flow_matches {
	struct flow_match *list;	/* in order, none within another */
	size_t n;
};

void flow_matches_done(struct flow_matches *m);
/* All of WORDS[0..n), n > 0, in F, whose text is S, at most MOST.  FOLDS: letters of either case; WORDS are small then. */
void flow_matches_find(struct flow_matches *m, const struct flow *f, const char *s, const char *words, size_t n, bool folds,
    size_t most);
/* The row a match begins in. */
size_t flow_match_row(const struct flow *f, const struct flow_match *m);
/* Mark what of the matches is in row I, which was drawn at (y, x); CURRENT: the one that is looked at, SIZE_MAX: none. */
void flow_matches_mark(const struct flow_matches *m, size_t current, const struct flow *f, size_t i, const char *s,
    struct grid *g, int y, int x, int limit);

#endif
