/* Rows of styled text that scroll: facts, lists and Markdown under each other, laid out once for a width. */
#ifndef TUI_WIDGET_SHEET_H
#define TUI_WIDGET_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "tui/draw.h"
#include "tui/widget/flow.h"

struct sheet_piece {
	uint32_t at, len;		/* in text */
	uint16_t x;
	uint8_t role, attr;
};

struct sheet_row {
	uint32_t first, n;		/* pieces */
	uint32_t flow;			/* a row of the flow, plus 1; 0: pieces */
	const void *link;		/* what Enter opens; NULL: nothing */
};

/* Zeroed: empty. */
struct sheet {
	int columns;
	size_t n_rows;
	size_t top;			/* the first row that is shown */
	size_t mark;			/* of pages with links */
	int height;			/* as last shown */

	/* The page's own. */
	struct sheet_row *rows;
	struct sheet_piece *pieces;
	size_t n_pieces, rows_cap, pieces_cap;
	struct buf text, markdown;
	struct flow flow;
	bool has_links;
};

void sheet_done(struct sheet *p);
void sheet_clear(struct sheet *p, int columns);		/* keeps top and mark */
void sheet_row(struct sheet *p);				/* begin a row */
/* S (made harmless, on one line) at column X of the last row, cut at the edge; the column after it. */
int sheet_put(struct sheet *p, int x, enum role role, unsigned attr, const char *s);
/* S broken over rows from column X on; the first goes on at column FIRST of the last row. */
void sheet_wrap(struct sheet *p, int first, int x, enum role role, const char *s);
/* Of a whole page one. */
void sheet_markdown(struct sheet *p, const char *s);
void sheet_link(struct sheet *p, const void *link);	/* of the last row */

/* Rows as they are to be shown in HEIGHT. */
void sheet_fit(struct sheet *p, int height);
/* Move the mark where there are links, else scroll.  False: nothing moved. */
bool sheet_move(struct sheet *p, long rows);
const void *sheet_marked(const struct sheet *p);
void sheet_draw(const struct sheet *p, const struct canvas *c, bool has_focus);
/* Row I as text, for renderers without a screen. */
void sheet_row_text(const struct sheet *p, size_t i, struct buf *out);

#endif
