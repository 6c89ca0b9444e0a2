/* Help: the keys valid in the view it was opened over, grouped by where they work, then the commands by
 * name.  Everything comes from the tables, so it cannot go stale, and remapped keys show as they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/view/chat_parts.h"
#include "tui/view/view.h"
#include "tui/widget/list.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, KEY_COLUMNS = 22, NAME_COLUMNS = 18 };

/* Writes lines; those outside the canvas are only counted. */
struct page {
	const struct canvas *c;		/* NULL: count only */
	int cols;
	size_t row, top;
};

static void
put(struct page *p, int x, const char *s, size_t n, enum role role, unsigned attr)
{
	const struct canvas *c = p->c;

	if (c && p->row >= p->top && p->row - p->top < (size_t)c->rows)
		grid_put(c->g, c->y + (int)(p->row - p->top), c->x + x, c->x + c->cols, s, n, role, attr);
}

static void
put_wrapped(struct page *p, int x, const char *s)
{
	size_t n = strlen(s);
	int columns = p->cols - x > 10 ? p->cols - x : 10;

	for (size_t at = 0, len; at < n; at += len) {
		len = wrap_row(s + at, n - at, columns);
		put(p, x, s + at, len, ROLE_text, 0);
		p->row++;
	}
}

static struct list *
state(const struct app *app)
{
	return app_state(app, VIEW_help);
}

static void *
make(struct app *app)
{
	(void)app;
	return mem_new0(1, sizeof(struct list));
}

static void
done(void *p)
{
	list_done(p);
	free(p);
}

static void
shown(struct app *app)
{
	app->help_top = 0;
	buf_clear(&state(app)->filter);
}

/* Do keys of C work in the view? */
static bool
works_in(enum context c, enum view_id v)
{
	return context_within(c, view_at(v)->keys) || context_within(view_at(v)->keys, c);
}

/* Do the keys of C work only in views that help was not opened over? */
static bool
belongs_elsewhere(enum context c, enum view_id open)
{
	if (works_in(c, open))
		return false;
	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (works_in(c, v) && v != VIEW_help)
			return true;
	return false;
}

/* All keys of one action in one context: "Ctrl-Home  Alt-<"; the line of the configuration file that gave one, or 0. */
static unsigned
list_keys(const struct keymap *m, enum context c, enum action a, struct buf *out)
{
	unsigned line = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		if (m->rows[i].context != c || m->rows[i].action != a)
			continue;
		if (out->len)
			buf_add_str(out, "  ");
		key_format(m->rows[i].key, out);
		line = m->rows[i].line ? m->rows[i].line : line;
	}
	return line;
}

/* One action; TITLE stands before the first of its kind.  False: the filter leaves it out. */
static bool
put_action(const struct app *app, struct page *p, const char *title, const struct buf *keys, enum action a, unsigned line)
{
	struct buf text = {0}, all = {0};
	int x = p->cols >= 60 ? KEY_COLUMNS + NAME_COLUMNS : KEY_COLUMNS;
	bool fits;

	buf_add_str(&text, action_help(a));
	if (line)
		buf_printf(&text, _(" (line %u of the configuration file)"), line);
	buf_printf(&all, "%s %s %s", buf_str(keys), action_name(a), buf_str(&text));
	fits = list_fits(state(app), buf_str(&all));
	if (fits && title) {
		p->row += p->row > 0;
		put(p, 0, title, strlen(title), ROLE_accent, 0);
		p->row++;
	}
	if (fits) {
		put(p, 2, buf_str(keys), keys->len, ROLE_text, ATTR_BOLD);
		if (text_width(buf_str(keys), keys->len) > KEY_COLUMNS - 4)
			p->row++;
		if (p->cols >= 60)
			put(p, KEY_COLUMNS, action_name(a), strlen(action_name(a)), ROLE_dim, 0);
		put_wrapped(p, x, buf_str(&text));
	}
	buf_done(&text);
	buf_done(&all);
	return fits;
}

static void
put_context(const struct app *app, struct page *p, enum context c)
{
	bool titled = false;

	for (enum action a = 1; a < ACTION_COUNT; a++) {
		struct buf keys = {0};
		unsigned line = list_keys(&app->keys, c, a, &keys);

		if (keys.len)
			titled |= put_action(app, p, titled ? NULL : context_help(c), &keys, a, line);
		buf_done(&keys);
	}
}

static void
put_named(const struct app *app, struct page *p)
{
	const enum action *named = view_at(app->under[VIEW_help])->named;
	bool titled = false;
	struct buf keys = {0};

	for (enum action a = 1; a < ACTION_COUNT; a++) {
		bool here = a == ACTION_theme && keymap_key(&app->keys, CONTEXT_global, a).code == 0;

		for (const enum action *n = named; n && *n != ACTION_NONE; n++)
			here |= *n == a;
		buf_clear(&keys);
		buf_printf(&keys, ":%s", action_name(a));
		if (here)
			titled |= put_action(app, p, titled ? NULL : _("by name"), &keys, a, 0);
	}
	buf_done(&keys);
}

static void
put_page(const struct app *app, struct page *p)
{
	static const char *const notes[] = {
		N_("The second column is the name of the action: type it after \":\", find it with the palette, or give it"),
		N_("another key in the configuration file, under [keys \"prompt\"] and the like."),
	};
	for (enum context c = 0; c < CONTEXT_COUNT; c++)
		if (!belongs_elsewhere(c, app->under[VIEW_help]) && !chat_vim_hides(app, app->under[VIEW_help], c))
			put_context(app, p, c);
	put_named(app, p);
	if (p->row == 0)
		put_wrapped(p, 0, _("No key here has these words. Esc shows all of them."));
	p->row++;
	for (size_t i = 0; i < ARRAY_LEN(notes) && !state(app)->filter.len; i++)
		put_wrapped(p, 0, _(notes[i]));
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_help;
}

static size_t
last_top(const struct app *app)
{
	return app->help_rows > (size_t)app->help_height ? app->help_rows - (size_t)app->help_height : 0;
}

static void
layout(struct app *app, int rows, int cols)
{
	struct page p = {.cols = cols - 2 * AIR};

	put_page(app, &p);
	app->help_rows = p.row;
	app->help_height = rows - 1 > 0 ? rows - 1 : 1;
	if (app->help_top > last_top(app))
		app->help_top = last_top(app);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	struct canvas area = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};
	struct page p = {.c = &area, .cols = area.cols, .top = app->help_top};
	char more[32];

	draw_rule(c, 0);
	put_page(app, &p);
	if (app->help_top < last_top(app)) {
		snprintf(more, sizeof more, _(" %s more"), c->glyphs->down);
		draw_text(&area, area.rows - 1, area.cols - text_width(more, strlen(more)), more, ROLE_accent,
		    ATTR_BOLD);
	}
}

static enum did
scroll_to(struct app *app, long to)
{
	size_t old = app->help_top;

	app->help_top = to < 0 ? 0 : (size_t)to < last_top(app) ? (size_t)to : last_top(app);
	return app->help_top != old ? DID_CHANGE : DID_NOTHING;
}

static enum did
act(struct app *app, enum action a)
{
	long top = (long)app->help_top, page = app->help_height > 2 ? app->help_height - 2 : 1;

	switch (a) {
	case ACTION_help:
		app_close(app);
		return DID_CHANGE;
	case ACTION_back:
	case ACTION_filter:
		return list_view_act(app, state(app), a);
	case ACTION_up:
		return scroll_to(app, top - 1);
	case ACTION_down:
		return scroll_to(app, top + 1);
	case ACTION_scroll_up:
		return scroll_to(app, top - 1);
	case ACTION_scroll_down:
		return scroll_to(app, top + 1);
	case ACTION_page_up:
		return scroll_to(app, top - page);
	case ACTION_page_down:
		return scroll_to(app, top + page);
	case ACTION_scroll_top:
		return scroll_to(app, 0);
	case ACTION_scroll_bottom:
		return scroll_to(app, (long)app->help_rows);
	default:
		return DID_NOT;
	}
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_back, ACTION_filter, ACTION_scroll_down, ACTION_scroll_up, ACTION_page_down, ACTION_page_up,
		ACTION_command,
		ACTION_palette, ACTION_quit, ACTION_NONE,
	};

	(void)app;
	return list;
}

static void
top(const struct app *app, struct runs *r)
{
	if (state(app)->filter.len)
		runs_add(r, ROLE_dim, 0, "/%s", buf_str(&state(app)->filter));
	else
		runs_add(r, ROLE_dim, 0, "keys in %s", app_view_title(app->under[VIEW_help]));
}

const struct view view_help = {
	.keys = CONTEXT_help, .over = true, .open = ACTION_help, .make = make, .done = done, .shown = shown,
	.context = context, .act = act, .layout = layout, .draw = draw, .hints = hints,
	.top = top,
};
