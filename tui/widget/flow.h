/* The text of one turn laid out in rows: Markdown (markdown.h) with tables and coloured code, or plain text.  Rows of what
 * is finished are kept: while text only grows, an update costs what its last paragraph costs.  The text is cleaned
 * (text_clean). */
#ifndef TUI_WIDGET_FLOW_H
#define TUI_WIDGET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/grid.h"
#include "tui/widget/text_lines.h"
#include "tui/widget/markdown.h"

struct glyphs;
struct lang;

struct flow_row {
	uint32_t at;		/* the first byte of the text it shows */
	uint32_t n;
	size_t first;		/* its pieces */
};

struct flow {
	struct flow_row *rows;
	size_t n_rows, rows_cap;
	int columns;		/* the width it was laid out for; 0: not yet */
	size_t laid;		/* bytes that are laid out */
	bool plain;		/* no Markdown: what a person typed, what a model thinks … */
	uint8_t plain_role;	/* … in this role */

	/* The flow's own. */
	struct piece *pieces;
	size_t n_pieces, pieces_cap;
	struct buf extra;	/* words that are not in the text */
	struct {
		size_t at, rows, pieces, extra;		/* up to there all is laid out for good */
	} settled;
	struct {
		bool open;
		char sign;
		size_t length;
		const struct lang *lang;		/* NULL: not known */
		unsigned state;
	} fence;		/* at settled.at */
	struct md md;
	struct text_lines lines;
	struct run *runs;
	size_t n_runs, runs_cap;
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

/* How many fenced code blocks S has; number I, from 0, without its fences and the blanks that indent them, into OUT. */
size_t flow_code(const char *s, size_t n, size_t i, struct buf *out);

#endif
