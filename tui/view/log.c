/* Log: what minnow did and what went wrong, the newest last; the marked line whole below the list. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"
#include "tui/widget/list.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, WHOLE_ROWS = 3, WHOLE_FROM = 12, TIME_COLUMNS = 10, MARK_COLUMNS = 2 };

struct log_state {
	struct list list;
	unsigned rows[LOG_LINES_MAX];	/* of the log, those that fit the filter */
	uint64_t serial;		/* of the log as it was laid out */
	bool left_end;			/* an older line is marked: new ones do not move it */
};

static struct log_state *
state(const struct app *app)
{
	return app_state(app, VIEW_log);
}

static void *
make(struct app *app)
{
	(void)app;
	return mem_new0(1, sizeof(struct log_state));
}

static void
done(void *p)
{
	struct log_state *s = p;

	list_done(&s->list);
	free(s);
}

static void
shown(struct app *app)
{
	state(app)->left_end = false;
}

static bool
poll_log(struct app *app)
{
	return app->view == VIEW_log && state(app) && state(app)->serial != log_serial();
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_log;
}

static int
whole_rows(int rows)
{
	return rows >= WHOLE_FROM ? WHOLE_ROWS + 1 : 0;
}

static void
layout(struct app *app, int rows, int cols)
{
	struct log_state *s = state(app);
	struct log_line line;
	unsigned n = 0;

	(void)cols;
	s->serial = log_serial();
	for (unsigned i = 0; log_get(i, &line); i++)
		if (list_fits(&s->list, line.text))
			s->rows[n++] = i;
	if (!s->left_end)
		s->list.at = n ? n - 1 : 0;
	list_layout(&s->list, n, rows - 1 - whole_rows(rows));
}

static void
draw_row(const struct canvas *c, int y, const struct log_line *line, bool marked)
{
	static const enum role roles[] = {[LOG_DONE] = ROLE_text, [LOG_WARN] = ROLE_warn, [LOG_FAILED] = ROLE_bad};
	static const char *const marks[] = {[LOG_DONE] = " ", [LOG_WARN] = "!", [LOG_FAILED] = "x"};
	time_t t = (time_t)line->time_s;
	struct buf text = {0};
	struct tm tm;
	char when[16];

	localtime_r(&t, &tm);
	strftime(when, sizeof when, "%H:%M:%S", &tm);
	text_clean_line(&text, line->text, strlen(line->text));
	if (line->n > 1)
		buf_printf(&text, _(" (%u times)"), line->n);
	draw_text(c, y, 0, marked ? c->glyphs->here : " ", ROLE_accent, 0);
	draw_text(c, y, 2, when, ROLE_dim, 0);
	draw_text(c, y, 2 + TIME_COLUMNS, marks[line->kind], roles[line->kind], ATTR_BOLD);
	draw_text(c, y, 2 + TIME_COLUMNS + MARK_COLUMNS, buf_str(&text), roles[line->kind], marked ? ATTR_BOLD : 0);
	buf_done(&text);
}

static void
draw_whole(const struct canvas *c, int y, const struct log_line *line)
{
	struct buf text = {0};
	const char *s;

	text_clean_line(&text, line->text, strlen(line->text));
	s = buf_str(&text);
	for (size_t at = 0, len; at < text.len && y < c->rows; at += len, y++) {
		len = wrap_row(s + at, text.len - at, c->cols - 2);
		grid_put(c->g, c->y + y, c->x + 2, c->x + c->cols, s + at, len, ROLE_text, 0);
	}
	buf_done(&text);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	struct log_state *s = state(app);
	struct canvas area = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};
	struct log_line line;
	const struct list *l = &s->list;

	draw_rule(c, 0);
	if (l->n == 0)
		draw_text(&area, 1, 2, l->filter.len ? _("Nothing in the log has these words. Esc shows all of it.") :
		    _("Nothing has happened yet. Loads, answers, downloads and what goes wrong are written here."), ROLE_dim, 0);
	for (int y = 0; y < l->height && l->top + (size_t)y < l->n; y++)
		if (log_get(s->rows[l->top + (size_t)y], &line))
			draw_row(&area, y, &line, l->top + (size_t)y == l->at);
	list_draw_more(l, &area);
	if (whole_rows(c->rows) && l->n && log_get(s->rows[l->at], &line)) {
		draw_rule(c, c->rows - whole_rows(c->rows));
		draw_whole(&area, l->height + 1, &line);
	}
}

static void
top(const struct app *app, struct runs *r)
{
	const struct list *l = &state(app)->list;

	if (l->filter.len)
		runs_add(r, ROLE_dim, 0, "/%s  %zu of %u", buf_str(&l->filter), l->n, log_count());
	else
		runs_add(r, ROLE_dim, 0, ngettext("%u line", "%u lines", log_count()), log_count());
}

static enum did
act(struct app *app, enum action a)
{
	struct log_state *s = state(app);
	enum did did = list_view_act(app, &s->list, a);

	s->left_end = s->list.n && s->list.at + 1 < s->list.n;
	return did;
}

static enum did
click(struct app *app, int y, int x)
{
	struct log_state *s = state(app);

	(void)x;
	if (!list_click(&s->list, y - 1))
		return DID_NOTHING;
	s->left_end = s->list.at + 1 < s->list.n;
	return DID_CHANGE;
}

static enum did
wheel(struct app *app, int y, int x, int step)
{
	struct log_state *s = state(app);
	bool moved = list_wheel(&s->list, step);

	(void)y, (void)x;
	s->left_end = s->list.n && s->list.at + 1 < s->list.n;
	return moved ? DID_CHANGE : DID_NOTHING;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_up, ACTION_down, ACTION_filter, ACTION_scroll_top, ACTION_scroll_bottom, ACTION_back, ACTION_palette,
		ACTION_help, ACTION_NONE,
	};

	(void)app;
	return list;
}

const struct view view_log = {
	.keys = CONTEXT_log, .aside = true, .open = ACTION_open_log,
	.make = make, .done = done, .shown = shown, .context = context,
	.act = act, .layout = layout, .draw = draw, .hints = hints, .top = top, .poll = poll_log, .click = click,
	.wheel = wheel,
};
