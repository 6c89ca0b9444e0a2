/* What shows a grid: a curses screen, or nothing at all in tests.  Only the UI thread calls it. */
#ifndef TUI_TERM_TERM_H
#define TUI_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "tui/grid.h"
#include "tui/term/probe.h"
#include "tui/theme.h"

struct app;
struct display;

struct term_ops {
	void (*size)(struct display *t, int *rows, int *cols);
	/* One frame; only cells that differ from the last one are sent. */
	void (*show)(struct display *t, const struct grid *g);
	void (*set_theme)(struct display *t, const struct theme *theme, enum background bg);
	/* Bytes beside the picture: a query, the clipboard. */
	void (*send)(struct display *t, const char *bytes, size_t n);
	/* Give the terminal back as it was found, and take it again (everything is drawn anew). */
	void (*pause)(struct display *t);
	void (*resume)(struct display *t);
	void (*redraw)(struct display *t);
	/* Ask for clicks and the wheel, or leave the mouse to the terminal. */
	void (*mouse)(struct display *t, bool on);
	/* TEXT on the normal screen, while keys still come one by one; resume() ends it. */
	void (*bare)(struct display *t, const char *text, size_t n);
	void (*close)(struct display *t);
};

struct display {
	const struct term_ops *ops;
	int in_fd;			/* what a person types; -1: nothing */
	bool utf8;			/* it can show more than ASCII */
	enum depth depth;
	bool sync;			/* frames are bracketed, so that it shows none that is half drawn (mode 2026) */
	struct probe probe;
};

/* False, with *e saying why, where the terminal cannot place text: then linear mode is the answer. */
bool term_can_draw(const char *term_name, struct err *e) MUST_CHECK;
/* How many colours the terminal of that name has, as terminfo knows it; 0: none, or not known. */
int term_n_colors(const char *term_name);
/* DEPTH: "auto", "never", "16", "256", "truecolor"; COLORTERM: what the variable says. */
struct display *term_curses_open(const char *term_name, const char *depth, const char *colorterm, struct err *e)
    MUST_CHECK;
struct display *term_null_open(int rows, int cols);
const struct grid *term_null_grid(const struct display *t);	/* the last frame */
void term_null_resize(struct display *t, int rows, int cols);

/* Plain lines instead of a screen: reads questions from IN_FD until it ends, prints answers.  INTERACTIVE:
 * with prompts and names; otherwise all of the input is one question and only the answer is printed. */
bool term_linear_run(struct app *app, int in_fd, bool interactive, struct err *e) MUST_CHECK;

#endif
