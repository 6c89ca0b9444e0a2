/* What transcript.c and transcript_find.c share; nobody else includes it. */
#ifndef TUI_WIDGET_TRANSCRIPT_IMPL_H
#define TUI_WIDGET_TRANSCRIPT_IMPL_H

#include "tui/widget/transcript.h"

/* Rows of a turn after its name. */
struct extent {
	size_t hidden;		/* rows of thinking that are not shown, before … */
	size_t thinking;	/* … those that are */
	size_t gap;
	size_t text, calls, ending;
};

struct extent transcript_measure(const struct transcript *t, const struct talk *c, size_t i);
size_t transcript_turn_rows(const struct transcript *t, const struct talk *c, size_t i);
struct transcript_anchor transcript_anchor(const struct transcript *t, const struct talk *c);	/* of the first row shown */
size_t transcript_anchor_row(const struct transcript *t, const struct talk *c, struct transcript_anchor a);
size_t transcript_last_top(const struct transcript *t);

void finder_done(struct finder *f);
/* Look again where the layout is another. */
void transcript_find_update(struct transcript *t, const struct talk *c);
/* Is the place that is looked at on the screen?  Bring it there. */
bool transcript_find_is_seen(const struct transcript *t, const struct talk *c);
void transcript_find_show(struct transcript *t, const struct talk *c);
/* The match of turn I, in its text or its thinking, that is looked at; SIZE_MAX: none. */
size_t transcript_find_current(const struct transcript *t, size_t i, bool in_text);

#endif
