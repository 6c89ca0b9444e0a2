/* A view: one file tui/view/<id>.c exporting  const struct view view_<id>,  and one row of view.def. */
#ifndef TUI_VIEW_VIEW_H
#define TUI_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/draw.h"
#include "tui/keymap.h"

struct app;

/* What a handler did. */
enum did {
	DID_NOT,		/* not mine: try the next one */
	DID_NOTHING,		/* mine, and nothing changed */
	DID_CHANGE,		/* draw again */
};

struct view {
	enum context keys;	/* the context whose keys, and those of contexts inside it, work only here */
	bool over;		/* opened over another view and closed again: not among those at the top */
	/* Who has the keyboard now. */
	enum context (*context)(const struct app *app);
	enum did (*act)(struct app *app, enum action a);
	/* Characters typed or pasted that no key is bound to; may be NULL. */
	enum did (*text)(struct app *app, const char *s, size_t n);
	/* Bring layouts up to date for an area; draw() then changes nothing. */
	void (*layout)(struct app *app, int rows, int cols);
	/* May set the cursor of the grid. */
	void (*draw)(const struct app *app, const struct canvas *c);
	/* What stands at the right of the top line; NULL: the model of the conversation. */
	void (*top)(const struct app *app, struct runs *right);
	/* It comes to be shown; may be NULL. */
	void (*shown)(struct app *app);
	/* The actions to name on the bottom line now, ACTION_NONE at the end. */
	const enum action *(*hints)(const struct app *app);
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
