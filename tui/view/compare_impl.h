/* What the two halves of Compare share; nobody else includes it. */
#ifndef TUI_VIEW_COMPARE_IMPL_H
#define TUI_VIEW_COMPARE_IMPL_H

#include "tui/app.h"
#include "tui/state/compare.h"
#include "tui/state/jobs.h"
#include "tui/state/load.h"

enum { AIR = 1, MARK = 2, NARROW = 60, FIGURES = 2, SCRUB_S = 1 };
#define FRAME_S (1.0 / 30)

/* A model that is wanted. */
struct seat {
	char *name;
	struct compare_options options;
	struct load *load;		/* until it is there */
	struct engine *engine;
	struct model *model;		/* NULL: that of an earlier seat of this name */
};

struct compare_state {
	struct seat seats[COMPARE_MAX];
	size_t n_seats;
	struct compare c;		/* empty until all seats are taken */
	struct jobs *jobs;		/* NULL: they could not be made */
	struct editor prompt;
	int focus;			/* pane with the keyboard; -1: the prompt */
	size_t top[COMPARE_MAX], rows[COMPARE_MAX];	/* of answers, as laid out */
	int height, columns;
	bool away[COMPARE_MAX];		/* scrolled away from the end */
	bool replays, plays;
	double at_s, ticked_s;		/* in the replay; on the clock */
};

struct compare_state *compare_state(const struct app *app);
double compare_end_s(const struct compare *c);		/* when the last piece of the slowest answer came */
/* How much of the answer is there: all of it, or what was by now in the replay. */
size_t compare_text_now(const struct compare_state *s, const struct pane *p);

/* compare_draw.c: of struct view. */
void compare_layout(struct app *app, int rows, int cols);
void compare_draw(const struct app *app, const struct canvas *c);
void compare_top(const struct app *app, struct runs *r);

#endif
