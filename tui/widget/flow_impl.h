/* What flow.c and flow_table.c share; nobody else includes it. */
#ifndef TUI_WIDGET_FLOW_IMPL_H
#define TUI_WIDGET_FLOW_IMPL_H

#include "tui/widget/flow.h"

enum piece_kind { PIECE_TEXT, PIECE_BULLET, PIECE_BAR, PIECE_RULE, PIECE_TASK, PIECE_DONE };	/* a rule: len columns */

/* What is being laid out. */
struct lay {
	struct flow *f;
	const char *s;
	const struct md_block *b;	/* NULL: plain text */
	int indent, room;		/* columns left of the text, and for it */
	bool marked;			/* the mark of the block was drawn */
};

/* A new row for byte AT, with what stands left of it. */
void lay_row(struct lay *l, uint32_t at);
/* PIECE at column X of the text, in the last row. */
void lay_piece(struct lay *l, struct piece p, int x);
/* SPANS[0..n) as runs: they are the flow's until the next call. */
const struct run *lay_runs(struct lay *l, const struct md_span *spans, size_t n, unsigned attr, size_t *n_runs);
void lay_table(struct lay *l);

#endif
