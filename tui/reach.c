/* What can be done in the view that is open, and why not: the palette shows both. */
#include "tui/app.h"
#include "tui/i18n.h"

static bool
is_named(const struct view *v, enum action a)
{
	for (const enum action *p = v->named; p && *p != ACTION_NONE; p++)
		if (*p == a)
			return true;
	return false;
}

/* Does a key of C, or of a context that C is in, mean A? */
static bool
is_bound(const struct keymap *m, enum context c, enum action a)
{
	return keymap_key(m, c, a).code != 0;
}

/* Has V the action: by a key of a context of its own, or by name? */
static bool
has(const struct app *app, enum view_id v, enum action a)
{
	if (is_named(view_at(v), a) || is_bound(&app->keys, view_at(v)->keys, a))
		return true;
	for (enum context c = 0; c < CONTEXT_COUNT; c++)
		if (context_within(c, view_at(v)->keys) && is_bound(&app->keys, c, a))
			return true;
	return false;
}

bool
app_can(const struct app *app, enum action a, struct buf *why)
{
	const struct view *open = app_view(app);
	const char *reason = open->why_not ? open->why_not(app, a) : NULL;

	/* With a name behind it, it is nobody's alone. */
	if (a == ACTION_download && app->words && *app->words)
		return true;
	if (reason) {
		buf_printf(why, "%s", reason);
		return false;
	}
	if (app_view_of(a) != VIEW_COUNT)		/* views are opened from anywhere */
		return true;
	/* A view may take the keyboard for a line of its own. */
	if (has(app, app->view, a) || is_bound(&app->keys, app_context(app), a) ||
	    (open->over && has(app, app->under[app->view], a)))
		return true;
	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (has(app, v, a)) {
			buf_printf(why, _("only in %s"), app_view_title(v));
			return false;
		}
	return true;
}
