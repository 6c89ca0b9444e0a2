/* Markdown as a flat list of blocks: paragraphs, headings, code, rules and tables, each with what stands left of it (quote
 * bars, list indents, a mark).  Parsed by md4c as GitHub has it; HTML is text.  Numbers in the results are
 * offsets into the text that was parsed, so that a row on the screen knows where it comes from; a few words that are not
 * in it (an address behind a link, a decoded "&amp;") are in md.extra. */
#ifndef TUI_WIDGET_MARKDOWN_H
#define TUI_WIDGET_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

enum md_style { MD_BOLD = 1, MD_ITALIC = 2, MD_CODE = 4, MD_STRIKE = 8, MD_LINK = 16, MD_ADDRESS = 32 };
#define MD_EXTRA 0x80000000u		/* in md_span.at: an offset into md.extra */

/* A piece of text in one style. */
struct md_span {
	uint32_t at, len;
	uint8_t style;			/* enum md_style, or-ed */
	bool breaks;			/* a line ends before it */
};

enum md_kind { MD_TEXT_BLOCK, MD_HEADING, MD_CODE_BLOCK, MD_RULE, MD_TABLE };
enum md_mark { MD_NO_MARK, MD_BULLET, MD_NUMBER, MD_TASK, MD_DONE };
enum { MD_DEPTH = 8, MD_QUOTE = 255, MD_COLUMNS_MAX = 32 };

struct md_block {
	uint8_t kind;			/* enum md_kind */
	uint8_t level;			/* of a heading */
	uint8_t mark;			/* enum md_mark; it stands in the last indent of the prefix */
	char delimiter;			/* after a number */
	uint32_t number;
	uint8_t prefix[MD_DEPTH];	/* left to right: columns of an indent, or MD_QUOTE; 0 ends it */
	uint8_t n_columns;		/* of a table; its rows follow each other in the cells */
	uint32_t first, n;		/* spans; cells of a table, the first row is the head */
	uint32_t lang_at, lang_len;	/* of code */
	uint32_t at;			/* where it begins */
	bool blank;			/* a blank line stands before it */
};

enum md_align { MD_LEFT, MD_CENTER, MD_RIGHT };
struct md_cell {
	uint32_t first, n;		/* spans */
	uint8_t align;			/* enum md_align */
};

/* Zeroed: empty.  Arrays are kept from one parse to the next. */
struct md {
	struct md_block *blocks;
	struct md_span *spans;
	struct md_cell *cells;
	size_t n_blocks, n_spans, n_cells;
	size_t blocks_cap, spans_cap, cells_cap;
	struct buf extra;
	struct buf text;		/* a copy for the parser */
};

void md_done(struct md *m);
/* Parse S[0..n), n < 2^31.  Offsets in the result have BASE added. */
void md_parse_text(struct md *m, const char *s, size_t n, size_t base);

/* Where something begins in S[0..n), past its first line, that stands for itself: what is before it can be laid out for
 * good.  0: nowhere yet.  S has no fence at its left edge. */
size_t md_cut(const char *s, size_t n);

#endif
