/* The grid; see grid.h. */
#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/text.h"

static const struct cell blank = {.text = " ", .len = 1, .width = 1, .role = ROLE_text};

void
grid_init(struct grid *g, int rows, int cols)
{
	*g = (struct grid){.cursor_y = -1};
	grid_resize(g, rows, cols);
}

void
grid_done(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){0};
}

void
grid_resize(struct grid *g, int rows, int cols)
{
	g->rows = rows > 0 ? rows : 0;
	g->cols = cols > 0 ? cols : 0;
	free(g->cells);
	g->cells = mem_new0((size_t)g->rows * (size_t)g->cols + 1, sizeof *g->cells);
	grid_clear(g);
}

void
grid_clear(struct grid *g)
{
	for (size_t i = 0; i < (size_t)g->rows * (size_t)g->cols; i++)
		g->cells[i] = blank;
	g->cursor_y = -1;
	g->cursor_shape = CURSOR_OWN;
}

struct cell *
grid_at(struct grid *g, int y, int x)
{
	return &g->cells[(size_t)y * (size_t)g->cols + (size_t)x];
}

/* Half of a wide character that is being overwritten must not stay. */
static void
split_wide(struct grid *g, int y, int x)
{
	if (x < g->cols && grid_at(g, y, x)->width == 0 && x > 0)
		*grid_at(g, y, x - 1) = blank;
	if (x + 1 < g->cols && grid_at(g, y, x)->width == 2)
		*grid_at(g, y, x + 1) = blank;
}

static void
set_cell(struct grid *g, int y, int x, const char *s, size_t n, int width, enum role role, unsigned attr)
{
	struct cell *c = grid_at(g, y, x);

	split_wide(g, y, x);
	if (width == 2)
		split_wide(g, y, x + 1);
	c->len = (uint8_t)n;
	memcpy(c->text, s, n);
	c->width = (uint8_t)width;
	c->role = (uint8_t)role;
	c->attr = (uint8_t)attr;
	if (width == 2)
		*grid_at(g, y, x + 1) = (struct cell){.width = 0, .role = (uint8_t)role, .attr = (uint8_t)attr};
}

static bool
is_left_out(uint32_t cp)
{
	return cp == 0x200d || cp == 0x200c || (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0x1f3fb && cp <= 0x1f3ff);
}

/* One cluster, cut into what a cell can hold: each part with columns of its own opens a cell, marks join the
 * cell before them (four at most).  Joiners, variation selectors and skin tones are left out: terminals
 * disagree on the columns of what they form, and a misjudged column breaks the whole line. */
static int
put_cluster(struct grid *g, int y, int x, const char *s, size_t n, enum role role, unsigned attr)
{
	struct cell *last = NULL;
	size_t at = 0, len;

	for (; at < n; at += len) {
		uint32_t cp;
		bool ok;
		int w;

		len = utf8_decode(s + at, n - at, &cp, &ok);
		w = ok ? text_width_of(cp) : 1;
		if (last && is_left_out(cp))
			continue;
		if (last && w == 0) {
			if (last->len + len <= CELL_BYTES) {
				memcpy(last->text + last->len, s + at, len);
				last->len = (uint8_t)(last->len + len);
			}
			continue;
		}
		if (w == 0)
			set_cell(g, y, x, " ", 1, 1, role, attr);
		else if (!ok)
			set_cell(g, y, x, "\xef\xbf\xbd", 3, 1, role, attr);
		else
			set_cell(g, y, x, s + at, len, w, role, attr);
		last = grid_at(g, y, x);
		x += w ? w : 1;
		if (w == 0 && last->len + len <= CELL_BYTES && !is_left_out(cp)) {
			memcpy(last->text + last->len, s + at, len);
			last->len = (uint8_t)(last->len + len);
		}
	}
	return x;
}

int
grid_put(struct grid *g, int y, int x, int limit, const char *s, size_t n, enum role role, unsigned attr)
{
	size_t at = 0;

	if (limit > g->cols)
		limit = g->cols;
	if (y < 0 || y >= g->rows || x < 0)
		return x;
	while (at < n) {
		int w;
		size_t len = text_cluster(s + at, n - at, &w);

		if (x + w > limit)
			break;
		if ((unsigned char)s[at] < 0x20)
			set_cell(g, y, x, " ", 1, 1, role, attr);
		else
			put_cluster(g, y, x, s + at, len, role, attr);
		x += w;
		at += len;
	}
	return x;
}

int
grid_puts(struct grid *g, int y, int x, int limit, const char *s, enum role role, unsigned attr)
{
	return grid_put(g, y, x, limit, s, strlen(s), role, attr);
}

void
grid_row_text(const struct grid *g, int y, struct buf *out)
{
	size_t start = out->len;

	for (int x = 0; x < g->cols; x++) {
		const struct cell *c = &g->cells[(size_t)y * (size_t)g->cols + (size_t)x];

		if (c->width)
			buf_add(out, c->text, c->len);
	}
	while (out->len > start && out->data[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
}
