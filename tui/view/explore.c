/* Explore: the models as a tree at the left, what is marked at the right. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/text.h"
#include "tui/view/view.h"
#include "tui/widget/model_row.h"

enum { AIR = 1, MARK = 2, RULES_ROWS = 12, WIDE = 100 };

static enum context
context(const struct app *app)
{
	return app->explore.filtering ? CONTEXT_line : CONTEXT_explore;
}

static void
shown(struct app *app)
{
	explore_start(&app->explore, app->config);
}

static enum did
changed(bool yes)
{
	return yes ? DID_CHANGE : DID_NOTHING;
}

/* ---- layout and drawing ---- */

static void
layout(struct app *app, int rows, int cols)
{
	(void)app;
	(void)rows;
	(void)cols;
}

static void
draw_tree(const struct app *app, const struct canvas *c)
{
	const struct explore *x = &app->explore;
	size_t top = x->mark >= (size_t)c->rows ? x->mark - (size_t)c->rows + 1 : 0;

	for (int y = 0; y < c->rows && top + (size_t)y < x->n_rows; y++) {
		struct canvas row = {c->g, c->y + y, c->x, 1, c->cols, c->glyphs};

		model_row_draw(x, &x->nodes[x->rows[top + (size_t)y]], top + (size_t)y == x->mark, &row);
	}
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct explore *x = &app->explore;
	struct canvas body = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};

	draw_rule(c, 0);
	if (x->err.kind)
		draw_text(&body, 0, 0, x->err.text, ROLE_warn, 0);
	else if (!x->catalog)
		draw_text(&body, 0, 0, "reading the registries", ROLE_dim, 0);
	else
		draw_tree(app, &body);
}

static void
top(const struct app *app, struct runs *r)
{
	const struct explore *x = &app->explore;
	struct buf b = {0};

	if (x->machine.disk_free) {
		format_bytes(&b, x->machine.disk_free);
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, " free %s ", app->glyphs->dot);
		buf_clear(&b);
	}
	if (x->machine.roof > 0) {
		format_bytes(&b, (uint64_t)x->machine.roof);
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, "/s %s ", app->glyphs->dot);
	}
	if (x->catalog) {
		runs_add(r, ROLE_text, 0, "%zu", x->n_hits);
		runs_add(r, ROLE_dim, 0, " models");
	}
	buf_done(&b);
}

/* ---- actions ---- */

static enum did
act(struct app *app, enum action a)
{
	struct explore *x = &app->explore;

	switch (a) {
	case ACTION_up:
		return changed(explore_move(x, -1));
	case ACTION_down:
		return changed(explore_move(x, 1));
	case ACTION_fold:
		return changed(explore_fold(x));
	case ACTION_back:
		app_show(app, VIEW_chat);
		return DID_CHANGE;
	default:
		return DID_NOT;
	}
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_open, ACTION_fold, ACTION_filter, ACTION_back, ACTION_help, ACTION_NONE,
	};

	(void)app;
	return list;
}

static int
fds(const struct app *app, int fds[VIEW_FDS_MAX])
{
	return explore_fds(&app->explore, fds);
}

static bool
poll_explore(struct app *app)
{
	return explore_poll(&app->explore, app);
}

static bool
busy(const struct app *app)
{
	return explore_busy(&app->explore);
}

const struct view view_explore = {
	.open = ACTION_open_explore, .fds = fds, .poll = poll_explore, .busy = busy,
	.keys = CONTEXT_explore, .context = context, .act = act, .layout = layout, .draw = draw, .hints = hints, .top = top,
	.shown = shown,
};
