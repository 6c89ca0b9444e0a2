/* Styled text broken into lines of a width: what a row of a paragraph, of code or of a cell is made of. */
#ifndef TUI_WIDGET_TEXT_LINES_H
#define TUI_WIDGET_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text in one style. */
struct run {
	const char *s;
	uint32_t len, at;	/* at: what its first byte is called in pieces */
	uint8_t role, attr;
	bool breaks;		/* a line ends before it */
};

struct piece {
	uint32_t at, len;
	uint16_t x;		/* column in the line */
	uint8_t kind, role, attr;
};

struct text_line {
	size_t first, n;	/* pieces */
	int width;		/* columns, without blanks at the end */
};

/* Zeroed: empty.  Memory is kept from one use to the next. */
struct text_lines {
	struct piece *pieces;
	struct text_line *lines;
	size_t n_pieces, n_lines, pieces_cap, lines_cap;
};

void text_lines_done(struct text_lines *l);
void text_lines_clear(struct text_lines *l);

enum text_lines_wrap { WRAP_WORDS, WRAP_ANYWHERE };
/* Append the lines of RUNS[0..n): at least one.  No line is wider than COLUMNS, unless one character is. */
void text_lines_add(struct text_lines *l, const struct run *runs, size_t n, int columns, enum text_lines_wrap wrap);
/* Columns of the longest line, and of the longest word, when there is room. */
void text_lines_measure(const struct run *runs, size_t n, int *longest, int *word);

#endif
