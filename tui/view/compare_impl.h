/* What the parts of Compare share: state that is drawn by compare_draw.c and told by term/linear_compare.c. */
#ifndef TUI_VIEW_COMPARE_IMPL_H
#define TUI_VIEW_COMPARE_IMPL_H

#include "tui/app.h"
#include "tui/state/panel.h"
#include "tui/widget/sheet.h"

enum { AIR = 1, MARK = 2, NARROW = 60, LOW = 8, FIGURES = 2, FIGURES_MAX = 4, SCRUB_S = 1 };
#define FRAME_S (1.0 / 30)

struct compare_state {
	struct panel panel;
	struct editor prompt;
	int focus;			/* pane with the keyboard; -1: the prompt */
	size_t top[COMPARE_MAX], rows[COMPARE_MAX];	/* of answers, as laid out */
	int height, columns, figures;	/* rows of an answer, and of what is below it */
	bool ruled;			/* there is room for a rule above */
	bool away[COMPARE_MAX];		/* scrolled away from the end */
	bool replays, plays;
	double at_s, ticked_s;		/* in the replay; on the clock */
	bool rates;			/* the ratings are shown instead of the answers */
	struct history_votes votes;	/* they are of */
	struct sheet ratings;
};

struct compare_state *compare_state(const struct app *app);
double compare_end_s(const struct compare *c);		/* when the last piece of the slowest answer came */
/* How much of the answer is there: all of it, or what was by now in the replay; nothing while it would give the model away. */
size_t compare_text_now(const struct compare_state *s, const struct pane *p);

/* compare_ratings.c: read the votes; false with a sentence. */
bool compare_read_votes(const struct app *app, struct history_votes *out, struct err *e) MUST_CHECK;
void compare_lay_ratings(struct compare_state *s, int columns);

/* compare_draw.c: of struct view. */
void compare_layout(struct app *app, int rows, int cols);
void compare_draw(const struct app *app, const struct canvas *c);
/* The pane at column X of a screen of COLS. */
int compare_pane_at(const struct compare_state *s, int cols, int x);
void compare_top(const struct app *app, struct runs *r);

#endif
