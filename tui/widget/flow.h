/* The text of one turn laid out in rows: word wrap, and as much Markdown as reads well while it streams
 * (headings, lists, quotes, fenced code, **bold**, `code`).  Rows of finished source lines are
 * kept: while text only grows, the cost of an update is that of its last line.  The text is cleaned
 * (text_clean). */
#ifndef TUI_WIDGET_FLOW_H
#define TUI_WIDGET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/grid.h"

struct glyphs;

enum flow_kind { FLOW_TEXT, FLOW_HEADING, FLOW_CODE, FLOW_QUOTE, FLOW_THINK };

struct flow_row {
	uint32_t at, len;	/* the part of the text this row shows, markers included */
	uint32_t end;		/* of the source line it belongs to */
	uint32_t mark_at;	/* list marker to draw left of the text … */
	uint8_t mark_len;	/* … 0: none; a bullet is drawn as a glyph */
	uint8_t indent;		/* columns */
	uint8_t kind;		/* enum flow_kind */
	uint8_t inline_state;	/* of bold and code at the start of the row */
};

struct flow {
	struct flow_row *rows;
	size_t n_rows;
	int columns;		/* the width it was laid out for; 0: not yet */
	bool plain;		/* no Markdown: what a person typed, what a model thinks … */
	uint8_t plain_kind;	/* … as rows of this kind */
	/* Source up to done_at is whole lines, whose rows are the first n_done. */
	size_t done_at, n_done, cap;
	bool in_code;		/* at done_at */
};

void flow_done(struct flow *f);
/* Bring the rows up to date with S[0..n).  Anything but growth at the end needs flow_reset first. */
void flow_update(struct flow *f, const char *s, size_t n, int columns);
void flow_reset(struct flow *f);
/* Draw row I at (y, x); the columns up to LIMIT are free. */
void flow_draw(const struct flow *f, size_t i, const char *s, struct grid *g, int y, int x, int limit,
    const struct glyphs *glyphs);
/* The row that shows byte AT (the last one before it). */
size_t flow_find(const struct flow *f, size_t at);

/* The last fenced code block of S: its bytes, fences left out.  False when there is none. */
bool flow_last_code(const char *s, size_t n, size_t *at, size_t *len);

#endif
