/* A list of rows longer than the screen, one of them marked: where it stands and what keys do to it.  Views draw the rows. */
#ifndef TUI_WIDGET_LIST_H
#define TUI_WIDGET_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "tui/keymap.h"
#include "tui/view/view.h"

struct list {
	size_t n, at, top;		/* rows, the marked one, the first that is shown */
	int height;			/* rows that are shown */
	struct buf filter;		/* words that a row must have */
};

void list_done(struct list *l);

/* N rows now, HEIGHT of them to be shown: the marked one is among them. */
void list_layout(struct list *l, size_t n, int height);
/* up, down, page_up, page_down, scroll_top, scroll_bottom; DID_NOT for all else. */
enum did list_act(struct list *l, enum action a);
/* Mark row Y of those shown; false: there is none. */
bool list_click(struct list *l, int y);
/* By the wheel: what is shown moves, and the mark only as far as it must. */
bool list_wheel(struct list *l, int step);
/* "↓ 12 more" at the lower right, where rows follow. */
/* Has TEXT all words of the filter, small or capital? */
bool list_fits(const struct list *l, const char *text);
/* What a view that is a list does with keys: moving, asking for the filter; back takes the filter away, then goes to the
 * conversation. */
enum did list_view_act(struct app *app, struct list *l, enum action a);
void list_draw_more(const struct list *l, const struct canvas *c);

#endif
