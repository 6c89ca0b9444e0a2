/* Settings: the rows of setting.def with their values and where these come from; what is changed is saved, and counts at
 * once where it can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/apply.h"
#include "tui/state/setting_tell.h"
#include "tui/widget/list.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, MARK = 2, NAME_COLUMNS = 25, FROM_COLUMNS = 18, FROM_FROM = 60, ABOUT_ROWS = 4, ABOUT_FROM = 14 };

struct settings_state {
	struct list list;
	size_t rows[SETTING_COUNT];	/* that the filter lets through */
	size_t asked;			/* the setting that a line is asked for */
	struct buf used;		/* what the marked setting has taken so far, as a sentence; mostly empty */
};

static struct settings_state *
state(const struct app *app)
{
	return app_state(app, VIEW_settings);
}

static void *
make(struct app *app)
{
	struct settings_state *s = mem_new0(1, sizeof *s);

	(void)app;
	for (size_t i = 0; i < SETTING_COUNT; i++)
		s->rows[i] = i;
	s->list.n = SETTING_COUNT;
	s->list.height = 1;
	return s;
}

static void
done(void *p)
{
	struct settings_state *s = p;

	list_done(&s->list);
	buf_done(&s->used);
	free(s);
}

/* ":settings NAME" marks it; false: there is none of that name, which was said. */
static bool
mark(struct app *app, const char *name)
{
	struct settings_state *s = state(app);
	struct err e = {0};
	size_t i;

	if (!setting_find(name, &i, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
		return false;
	}
	buf_clear(&s->list.filter);
	for (size_t n = 0; n < SETTING_COUNT; n++)
		s->rows[n] = n;
	s->list.n = SETTING_COUNT;
	s->list.at = i;
	return true;
}

static void
shown(struct app *app)
{
	if (app->words && *app->words)
		(void)mark(app, app->words);
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_settings;
}

/* SETTING_COUNT: the list is empty. */
static size_t
marked(const struct app *app)
{
	const struct settings_state *s = state(app);

	return s->list.at < s->list.n ? s->rows[s->list.at] : SETTING_COUNT;
}

/* ---- drawing ---- */

static int
about_rows(int rows)
{
	return rows >= ABOUT_FROM ? ABOUT_ROWS + 1 : 0;
}

static void
layout(struct app *app, int rows, int cols)
{
	struct settings_state *s = state(app);
	size_t n = 0;

	(void)cols;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		struct buf text = {0};

		setting_add_name(setting_at(i), &text);
		buf_printf(&text, " %s", _(setting_at(i)->help));
		if (list_fits(&s->list, buf_str(&text)))
			s->rows[n++] = i;
		buf_done(&text);
	}
	list_layout(&s->list, n, rows - 1 - about_rows(rows));
	buf_clear(&s->used);
	setting_tell_now(app->config, marked(app), &s->used);
}

static void
draw_row(const struct app *app, const struct canvas *c, int y, size_t i, bool here)
{
	bool changed = app->config->from[i].source != CONFIG_DEFAULT, from_too = c->cols >= FROM_FROM;
	struct canvas left = {c->g, c->y, c->x, c->rows, c->cols - (from_too ? FROM_COLUMNS + 2 : 0), c->glyphs};
	struct buf name = {0}, value = {0}, from = {0};
	size_t dot;
	int x;

	setting_add_name(setting_at(i), &name);
	setting_tell_value(app->config, i, &value);
	setting_tell_from(app->config, i, &from);
	dot = strcspn(buf_str(&name), ".") + 1;
	draw_text(c, y, 0, here ? c->glyphs->here : " ", ROLE_accent, 0);
	x = grid_put(c->g, c->y + y, c->x + MARK, c->x + c->cols, name.data, dot, ROLE_dim, 0) - c->x;
	x = draw_text(c, y, x, name.data + dot, ROLE_text, here ? ATTR_BOLD : 0);
	draw_text(&left, y, x >= MARK + NAME_COLUMNS ? x + 1 : MARK + NAME_COLUMNS, buf_str(&value),
	    changed ? ROLE_accent : ROLE_text, 0);
	if (from_too)
		draw_text(c, y, c->cols - FROM_COLUMNS, buf_str(&from), ROLE_dim, 0);
	buf_done(&name);
	buf_done(&value);
	buf_done(&from);
}

static int
put_wrapped(const struct canvas *c, int y, const char *s, enum role role)
{
	size_t n = strlen(s);

	for (size_t at = 0, len; at < n && y < c->rows; at += len, y++) {
		len = wrap_row(s + at, n - at, c->cols - MARK);
		grid_put(c->g, c->y + y, c->x + MARK, c->x + c->cols, s + at, len, role, 0);
	}
	return y;
}

/* What the marked setting is, what it may be, and when it counts. */
static void
draw_about(const struct settings_state *st, const struct canvas *c, int y, size_t i)
{
	const struct setting *s = setting_at(i);
	struct buf text = {0};

	y = put_wrapped(c, y, _(s->help), ROLE_text);
	setting_tell_range(i, &text);
	if (text.len)
		buf_printf(&text, " %s ", c->glyphs->dot);
	buf_printf(&text, _("default: %s"), *s->value ? s->value : _("empty"));
	if (*s->env)
		buf_printf(&text, _(" %s %s overrides it"), c->glyphs->dot, s->env);
	y = put_wrapped(c, y, buf_str(&text), ROLE_dim);
	buf_clear(&text);
	buf_printf(&text, "%s%s", apply_when(i), buf_str(&st->used));
	put_wrapped(c, y, buf_str(&text), ROLE_dim);
	buf_done(&text);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct settings_state *s = state(app);
	const struct list *l = &s->list;
	struct canvas area = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};

	draw_rule(c, 0);
	if (l->n == 0)
		draw_text(&area, 1, MARK, _("No setting has these words. Esc shows all of them."), ROLE_dim, 0);
	for (int y = 0; y < l->height && l->top + (size_t)y < l->n; y++)
		draw_row(app, &area, y, s->rows[l->top + (size_t)y], l->top + (size_t)y == l->at);
	list_draw_more(l, &area);
	if (about_rows(c->rows) && l->n) {
		draw_rule(c, c->rows - about_rows(c->rows));
		draw_about(s, &area, l->height + 1, s->rows[l->at]);
	}
}

static void
top(const struct app *app, struct runs *r)
{
	const struct list *l = &state(app)->list;
	size_t changed = 0;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		changed += app->config->from[i].source != CONFIG_DEFAULT;
	if (l->filter.len)
		runs_add(r, ROLE_dim, 0, "/%s  %zu of %d", buf_str(&l->filter), l->n, SETTING_COUNT);
	else
		runs_add(r, ROLE_dim, 0, "%zu of %d changed", changed, SETTING_COUNT);
}

/* ---- changing ---- */

static void
change(struct app *app, size_t i, const char *value)
{
	struct buf said = {0};
	struct err e = {0};

	if (!apply_setting(app, i, value, &said, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	else
		app_note(app, ROLE_good, "%s", buf_str(&said));
	buf_done(&said);
}

static void
value_taken(struct app *app, const char *text)
{
	size_t i = state(app)->asked;

	if (text)
		change(app, i, text);
}

static void
preview(struct app *app, const char *text)
{
	struct err e = {0};

	if (!app_set_theme(app, text, &e))
		return;			/* half a name is no theme: the one before stays meanwhile */
}

static void
theme_taken(struct app *app, const char *text)
{
	struct err e = {0};

	if (text)
		change(app, SETTING_ui_theme, text);
	else if (!app_set_theme(app, app->config->ui_theme, &e))
		app_note(app, ROLE_warn, "%s", e.text);
}

static void
ask_value(struct app *app, size_t i)
{
	const struct setting *s = setting_at(i);
	struct ask ask = {.changed = i == SETTING_ui_theme ? preview : NULL,
	    .taken = i == SETTING_ui_theme ? theme_taken : value_taken};
	struct buf name = {0}, value = {0}, offers = {0};

	setting_add_name(s, &name);
	buf_printf(&name, " =");
	snprintf(ask.label, sizeof ask.label, "%s", buf_str(&name));
	if (!setting_is_secret(s))
		setting_add_value(app->config, s, &value);
	if (i == SETTING_ui_theme)
		theme_list(app->config->config_dir, &offers);
	state(app)->asked = i;
	app_ask(app, &ask, buf_str(&value));
	line_offer(&app->line, buf_str(&offers));
	buf_done(&name);
	buf_done(&value);
	buf_done(&offers);
}

/* The word after WORD in WORDS, the first after the last. */
static void
next_word(const char *words, const char *word, struct buf *out)
{
	size_t len = strlen(word);
	const char *p = words;

	for (; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		bool is = n == len && memcmp(p, word, n) == 0;

		p += n;
		if (is)
			break;
	}
	p += strspn(p, " ");
	p = *p ? p : words;
	buf_add(out, p, strcspn(p, " "));
}

static enum did
open_marked(struct app *app)
{
	size_t i = marked(app);
	const struct setting *s = setting_at(i);
	struct buf value = {0}, next = {0};

	if (!s)
		return DID_NOTHING;
	setting_add_value(app->config, s, &value);
	if (strcmp(s->kind, "FLAG") == 0)
		next_word("true false", buf_str(&value), &next);
	else if (*s->words)
		next_word(s->words, buf_str(&value), &next);
	if (next.len)
		change(app, i, buf_str(&next));
	else
		ask_value(app, i);
	buf_done(&value);
	buf_done(&next);
	return DID_CHANGE;
}

static const char *
why_not(const struct app *app, enum action a)
{
	size_t i = marked(app);

	if (a == ACTION_reset && !app->words && i < SETTING_COUNT && app->config->from[i].source == CONFIG_DEFAULT)
		return _("this setting has its default already");
	return NULL;
}

static enum did
act(struct app *app, enum action a)
{
	struct settings_state *s = state(app);

	switch (a) {
	case ACTION_open:
		return open_marked(app);
	case ACTION_reset:
		if (app->words && *app->words && !mark(app, app->words))
			return DID_CHANGE;
		if (marked(app) < SETTING_COUNT)
			change(app, marked(app), NULL);
		return DID_CHANGE;
	default:
		return list_view_act(app, &s->list, a);
	}
}

static enum did
click(struct app *app, int y, int x)
{
	struct list *l = &state(app)->list;
	size_t before = l->at;

	(void)x;
	if (!list_click(l, y - 1))
		return DID_NOTHING;
	return l->at == before ? open_marked(app) : DID_CHANGE;		/* a second click opens */
}

static enum did
wheel(struct app *app, int y, int x, int step)
{
	(void)y, (void)x;
	return list_wheel(&state(app)->list, step) ? DID_CHANGE : DID_NOTHING;
}

static const char *
word(const struct app *app, enum action a)
{
	(void)app;
	return a == ACTION_open ? _("change") : NULL;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_open, ACTION_reset, ACTION_filter, ACTION_up, ACTION_down, ACTION_back, ACTION_palette, ACTION_help,
		ACTION_NONE,
	};

	(void)app;
	return list;
}

const struct view view_settings = {
	.keys = CONTEXT_settings, .aside = true, .open = ACTION_open_settings,
	.make = make, .done = done, .shown = shown, .context = context,
	.act = act, .layout = layout, .draw = draw, .hints = hints, .top = top, .click = click, .wheel = wheel, .word = word,
	.why_not = why_not,
};
