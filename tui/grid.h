/* The picture of one frame: cells with a cluster of text and the meaning of its colour.  Views draw into it;
 * a terminal shows it.  Knows neither curses nor colours. */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
#define ROLE(id, contrast, what) ROLE_##id,
#include "tui/role.def"
#undef ROLE
	ROLE_COUNT
};

enum { ATTR_BOLD = 1, ATTR_REVERSE = 2, ATTR_UNDERLINE = 4, ATTR_ITALIC = 8 };

/* A base character and up to four marks: what a curses cell can hold. */
#define CELL_BYTES 20

struct cell {
	char text[CELL_BYTES];	/* UTF-8 */
	uint8_t len;
	uint8_t width;		/* 0: the second column of the wide character at its left */
	uint8_t role;
	uint8_t attr;
};

/* What the cursor looks like where the terminal can change it. */
enum cursor_shape { CURSOR_OWN /* as the person has it */, CURSOR_BLOCK, CURSOR_BAR };

struct grid {
	struct cell *cells;	/* rows * cols */
	int rows, cols;
	int cursor_y, cursor_x;	/* cursor_y -1: hidden */
	enum cursor_shape cursor_shape;
};

void grid_init(struct grid *g, int rows, int cols);
void grid_done(struct grid *g);
void grid_resize(struct grid *g, int rows, int cols);	/* and clear */
void grid_clear(struct grid *g);
struct cell *grid_at(struct grid *g, int y, int x);	/* y, x inside */

/* Draw S[0..n) (cleaned text) from (y, x), stopping before column LIMIT in whole clusters; the column after
 * it.  Anything outside the grid is left out.  A tab or newline is drawn as a space. */
int grid_put(struct grid *g, int y, int x, int limit, const char *s, size_t n, enum role role, unsigned attr);
int grid_puts(struct grid *g, int y, int x, int limit, const char *s, enum role role, unsigned attr);

/* Row Y as text, trailing spaces left out: for tests and for linear output. */
struct buf;
void grid_row_text(const struct grid *g, int y, struct buf *out);

#endif
