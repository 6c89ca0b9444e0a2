/* A terminal for tests: remembers the last frame. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/term/term.h"

struct term_null {
	struct display term;
	struct grid shown;
	int rows, cols;
};

static struct term_null *
null_of(struct display *t)
{
	return (struct term_null *)t;
}

static void
null_size(struct display *t, int *rows, int *cols)
{
	*rows = null_of(t)->rows;
	*cols = null_of(t)->cols;
}

static void
null_show(struct display *t, const struct grid *g)
{
	struct grid *shown = &null_of(t)->shown;

	grid_resize(shown, g->rows, g->cols);
	memcpy(shown->cells, g->cells, (size_t)g->rows * (size_t)g->cols * sizeof *g->cells);
	shown->cursor_y = g->cursor_y;
	shown->cursor_x = g->cursor_x;
}

static void
null_set_theme(struct display *t, const struct theme *theme, enum background bg)
{
	(void)t, (void)theme, (void)bg;
}

static void
null_send(struct display *t, const char *bytes, size_t n)
{
	(void)t, (void)bytes, (void)n;
}

static void
null_nothing(struct display *t)
{
	(void)t;
}

static void
null_mouse(struct display *t, bool on)
{
	(void)t, (void)on;
}

static void
null_bare(struct display *t, const char *text, size_t n)
{
	(void)t, (void)text, (void)n;
}

static void
null_close(struct display *t)
{
	grid_done(&null_of(t)->shown);
	free(t);
}

static const struct term_ops null_ops = {
	.size = null_size, .show = null_show, .set_theme = null_set_theme, .send = null_send,
	.pause = null_nothing, .resume = null_nothing, .redraw = null_nothing,
	.mouse = null_mouse, .bare = null_bare, .close = null_close,
};

struct display *
term_null_open(int rows, int cols)
{
	struct term_null *n = mem_new0(1, sizeof *n);

	n->term = (struct display){.ops = &null_ops, .in_fd = -1, .utf8 = true};
	n->rows = rows;
	n->cols = cols;
	grid_init(&n->shown, rows, cols);
	return &n->term;
}

const struct grid *
term_null_grid(const struct display *t)
{
	return &((const struct term_null *)t)->shown;
}

void
term_null_resize(struct display *t, int rows, int cols)
{
	null_of(t)->rows = rows;
	null_of(t)->cols = cols;
}
