/* A view: one file tui/view/<id>.c exporting  const struct view view_<id>,  and one row of view.def. */
#ifndef TUI_VIEW_VIEW_H
#define TUI_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/draw.h"
#include "tui/keymap.h"

struct app;
struct runs;

enum { VIEW_FDS_MAX = 4 };

/* What a handler did. */
enum did {
	DID_NOT,		/* not mine: try the next one */
	DID_NOTHING,		/* mine, and nothing changed */
	DID_CHANGE,		/* draw again */
};

struct view {
	enum context keys;	/* the context whose keys, and those of contexts inside it, work only here */
	bool over;		/* opened over another view and closed again: not among those at the top */
	bool aside;		/* at the top only while it is open, or where there is room for all */
	enum action open;	/* goes there from anywhere; ACTION_NONE: something else does */
	const enum action *named;	/* actions that mean something only here and have no key; NULL: none */
	/* Who has the keyboard now. */
	enum context (*context)(const struct app *app);
	enum did (*act)(struct app *app, enum action a);
	/* A key that nothing is bound to; true: it is taken, and types nothing.  May be NULL. */
	bool (*other_key)(struct app *app, struct key k);
	/* Does context() wait for one more key, so that all of its keys are named on the bottom line?  May be NULL. */
	bool (*waits)(const struct app *app);
	/* Characters typed or pasted that no key is bound to; may be NULL. */
	enum did (*text)(struct app *app, const char *s, size_t n);
	/* Bring layouts up to date for an area; draw() then changes nothing. */
	void (*layout)(struct app *app, int rows, int cols);
	/* May set the cursor of the grid. */
	void (*draw)(const struct app *app, const struct canvas *c);
	/* The actions to name on the bottom line now, ACTION_NONE at the end. */
	const enum action *(*hints)(const struct app *app);

	/* All of these may be NULL. */
	/* What the view remembers while others are open: made when it is first opened, then app_state() has it. */
	void *(*make)(struct app *app);
	void (*done)(void *state);
	void (*shown)(struct app *app);		/* each time that it comes to be shown */
	/* Why an action of this view cannot be done now, for a person; NULL: it can. */
	const char *(*why_not)(const struct app *app, enum action a);
	/* The word of an action on the bottom line now; NULL: the usual one. */
	const char *(*word)(const struct app *app, enum action a);
	/* What stands at the right of the top line; without it, the model of the conversation. */
	void (*top)(const struct app *app, struct runs *r);
	/* Descriptors to wait for, also while the view was never opened, and what came of it: true draws again. */
	int (*fds)(const struct app *app, int fds[VIEW_FDS_MAX]);
	bool (*poll)(struct app *app);
	/* Will something come without the person doing anything? */
	bool (*busy)(const struct app *app);
	/* When poll() has something to do although no descriptor is ready, on clock_s(); 0: never. */
	double (*due)(const struct app *app);
	/* The mouse at a row and column of the view's area; without wheel() the view scrolls as by keys. */
	enum did (*click)(struct app *app, int y, int x);
	enum did (*wheel)(struct app *app, int y, int x, int step);
};

enum view_id {
#define VIEW(id, title, what) VIEW_##id,
#include "tui/view.def"
#undef VIEW
	VIEW_COUNT
};

#define VIEW(id, title, what) extern const struct view view_##id;
#include "tui/view.def"
#undef VIEW

#endif
