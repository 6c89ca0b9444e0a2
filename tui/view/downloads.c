/* Downloads: the queue, with what each brings, how far it is, how fast, and for how long still. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/downloads.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/list.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, MARK = 2, NAME_COLUMNS = 28, BAR_COLUMNS = 12, WIDE = 76, ABOUT_ROWS = 3, ABOUT_FROM = 12 };

struct downloads_state {
	struct downloads queue;
	struct list list;
	size_t *rows;			/* of the queue, those that the filter lets through */
};

static struct downloads_state *
state(const struct app *app)
{
	return app_state(app, VIEW_downloads);
}

struct downloads *
downloads_of(const struct app *app)
{
	return state(app) ? &state(app)->queue : NULL;
}

static void *
make(struct app *app)
{
	struct downloads_state *s = mem_new0(1, sizeof *s);

	downloads_init(&s->queue, app);
	s->list.height = 1;
	return s;
}

static void
done(void *p)
{
	struct downloads_state *s = p;

	downloads_done(&s->queue);
	list_done(&s->list);
	free(s->rows);
	free(s);
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_downloads;
}

static int
about_rows(int rows)
{
	return rows >= ABOUT_FROM ? ABOUT_ROWS + 1 : 0;
}

static void
find_rows(struct downloads_state *s)
{
	size_t n = 0;

	s->rows = mem_grow(s->rows, s->queue.n + 1, sizeof *s->rows);
	for (size_t i = 0; i < s->queue.n; i++)
		if (list_fits(&s->list, s->queue.items[i].name))
			s->rows[n++] = i;
	list_layout(&s->list, n, s->list.height);
}

static void
layout(struct app *app, int rows, int cols)
{
	struct downloads_state *s = state(app);

	(void)cols;
	s->list.height = rows - 1 - about_rows(rows) > 0 ? rows - 1 - about_rows(rows) : 1;
	find_rows(s);
}

static struct download *
marked(const struct app *app)
{
	struct downloads_state *s = state(app);

	find_rows(s);
	return s->list.at < s->list.n ? &s->queue.items[s->rows[s->list.at]] : NULL;
}

/* ---- drawing ---- */

static const struct {
	const char *word;
	enum role role;
} kinds[] = {
	[DOWNLOAD_WAITING] = {N_("waiting"), ROLE_dim}, [DOWNLOAD_LOOKING] = {N_("looking"), ROLE_text},
	[DOWNLOAD_RUNNING] = {N_("running"), ROLE_text}, [DOWNLOAD_ASKING] = {N_("asks"), ROLE_warn},
	[DOWNLOAD_PAUSED] = {N_("paused"), ROLE_dim}, [DOWNLOAD_FAILED] = {N_("failed"), ROLE_bad},
	[DOWNLOAD_DONE] = {N_("done"), ROLE_good},
};

static const char *
kind_word(const struct download *d)
{
	if (d->is == DOWNLOAD_RUNNING && d->verifying)
		return _("verifying");
	if (d->is == DOWNLOAD_RUNNING && d->others)
		return _("elsewhere");
	return _(kinds[d->is].word);
}

static void
draw_bar(const struct canvas *c, int y, int x, const struct download *d)
{
	int full = d->size ? (int)((double)d->n / (double)d->size * BAR_COLUMNS) : 0;

	for (int i = 0; i < BAR_COLUMNS; i++)
		draw_text(c, y, x + i, i < full ? c->glyphs->spark[7] : c->glyphs->dot,
		    i < full ? kinds[d->is].role : ROLE_dim, 0);
}

static void
draw_row(const struct canvas *c, int y, const struct download *d, bool here)
{
	bool wide = c->cols >= WIDE;
	int name_columns = wide ? NAME_COLUMNS : c->cols - MARK - 18;
	struct canvas left = {c->g, c->y, c->x, c->rows, MARK + name_columns, c->glyphs};
	struct buf bytes = {0}, name = {0};
	int x = MARK + name_columns + 1;

	text_clean_line(&name, d->name, strlen(d->name));
	draw_text(c, y, 0, here ? c->glyphs->here : " ", ROLE_accent, 0);
	draw_text(&left, y, MARK, buf_str(&name), ROLE_text, here ? ATTR_BOLD : 0);
	draw_text(c, y, x, kind_word(d), kinds[d->is].role, 0);
	x += 11;
	if (wide && (d->n || d->size)) {
		draw_bar(c, y, x, d);
		x += BAR_COLUMNS + 1;
	}
	if (d->size) {
		buf_printf(&bytes, "%3.0f %%", 100.0 * (double)d->n / (double)d->size);
		x = draw_text(c, y, x, buf_str(&bytes), ROLE_text, 0) + 2;
		buf_clear(&bytes);
	}
	if (wide) {
		download_add_bytes(d, &bytes);
		draw_text(c, y, x, buf_str(&bytes), ROLE_dim, 0);
	}
	buf_done(&bytes);
	buf_done(&name);
}

/* The marked one, in a sentence. */
static void
add_about(const struct download *d, struct buf *out)
{
	download_tell(d, out);
	if (d->is == DOWNLOAD_ASKING)
		buf_printf(out, _(". Enter asks for your word; minnow show %s tells more"), d->name);
}

static void
draw_about(const struct canvas *c, int y, const struct download *d)
{
	struct buf text = {0}, clean = {0};

	add_about(d, &text);
	text_clean_line(&clean, buf_str(&text), text.len);
	for (size_t at = 0, len; at < clean.len && y < c->rows; at += len, y++) {
		len = wrap_row(clean.data + at, clean.len - at, c->cols - MARK);
		grid_put(c->g, c->y + y, c->x + MARK, c->x + c->cols, clean.data + at, len, ROLE_text, 0);
	}
	buf_done(&text);
	buf_done(&clean);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct downloads_state *s = state(app);
	const struct list *l = &s->list;
	struct canvas area = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};

	draw_rule(c, 0);
	if (l->n == 0 && s->queue.n) {
		draw_text(&area, 1, MARK, _("No download has these words. Esc shows all of them."), ROLE_dim, 0);
	} else if (l->n == 0) {
		draw_text(&area, 1, MARK, _("Nothing is being downloaded."), ROLE_text, 0);
		draw_text(&area, 3, MARK, _("F3 shows models; d downloads one."), ROLE_dim, 0);
		draw_text(&area, 4, MARK, _("Or type :download and the name of a model."), ROLE_dim, 0);
	}
	for (int y = 0; y < l->height && l->top + (size_t)y < l->n; y++)
		draw_row(&area, y, &s->queue.items[s->rows[l->top + (size_t)y]], l->top + (size_t)y == l->at);
	list_draw_more(l, &area);
	if (about_rows(c->rows) && l->n) {
		draw_rule(c, c->rows - about_rows(c->rows));
		draw_about(&area, l->height + 1, &s->queue.items[s->rows[l->at]]);
	}
}

static void
top(const struct app *app, struct runs *r)
{
	const struct downloads *q = &state(app)->queue;
	struct buf speed = {0};
	size_t n_done = 0;

	for (size_t i = 0; i < q->n; i++) {
		n_done += q->items[i].is == DOWNLOAD_DONE;
		download_add_speed(&q->items[i], &speed);
	}
	if (speed.len)
		runs_add(r, ROLE_text, 0, "%s", buf_str(&speed));
	else if (q->n)
		runs_add(r, ROLE_dim, 0, "%zu of %zu done", n_done, q->n);
	buf_done(&speed);
}

/* ---- actions ---- */

static void
word_taken(struct app *app, const char *text)
{
	struct downloads *q = downloads_of(app);
	const struct download *d = marked(app);

	if (text && strcmp(text, "yes") == 0 && d)
		downloads_accept(q, app, (size_t)(d - q->items));
	else
		app_note(app, ROLE_dim, "not accepted: nothing is downloaded");
}

static enum did
open_marked(struct app *app, const struct download *d)
{
	struct ask ask = {.label = N_("accept it? type yes:"), .taken = word_taken};

	if (!d || d->is != DOWNLOAD_ASKING)
		return DID_NOTHING;
	app_ask(app, &ask, "");
	return DID_CHANGE;
}

static const char *
why_not(const struct app *app, enum action a)
{
	const struct download *d = marked(app);

	if (a != ACTION_pause && a != ACTION_retry && a != ACTION_cancel && a != ACTION_open)
		return NULL;
	return d ? download_why_not(d, a) : _("there is no download");
}

static enum did
act(struct app *app, enum action a)
{
	struct downloads_state *s = state(app);
	const struct download *d = marked(app);
	size_t i = d ? (size_t)(d - s->queue.items) : 0;

	switch (a) {
	case ACTION_open:
		return open_marked(app, d);
	case ACTION_pause:
		downloads_pause(&s->queue, app, i);
		return DID_CHANGE;
	case ACTION_retry:
		downloads_retry(&s->queue, app, i);
		return DID_CHANGE;
	case ACTION_cancel:
		if (d->is != DOWNLOAD_DONE)
			app_note(app, ROLE_dim, "%s is out of the queue; what was fetched stays for the next time", d->name);
		downloads_cancel(&s->queue, app, i);
		return DID_CHANGE;
	default:
		return list_view_act(app, &s->list, a);
	}
}

static enum did
click(struct app *app, int y, int x)
{
	(void)x;
	return list_click(&state(app)->list, y - 1) ? DID_CHANGE : DID_NOTHING;
}

static enum did
wheel(struct app *app, int y, int x, int step)
{
	(void)y, (void)x;
	return list_wheel(&state(app)->list, step) ? DID_CHANGE : DID_NOTHING;
}

static int
fds(const struct app *app, int out[VIEW_FDS_MAX])
{
	return state(app) ? downloads_fds(&state(app)->queue, out) : 0;
}

static bool
poll_queue(struct app *app)
{
	return state(app) && downloads_poll(&state(app)->queue, app);
}

static bool
busy(const struct app *app)
{
	return state(app) && downloads_busy(&state(app)->queue);
}

static const char *
word(const struct app *app, enum action a)
{
	const struct download *d = marked(app);

	if (a == ACTION_pause)
		return d && d->is == DOWNLOAD_PAUSED ? _("go on") : _("pause");
	if (a == ACTION_cancel)
		return d && d->is == DOWNLOAD_DONE ? _("out of the list") : _("cancel");
	return a == ACTION_open ? _("accept") : NULL;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_pause, ACTION_retry, ACTION_cancel, ACTION_filter, ACTION_back, ACTION_palette, ACTION_help, ACTION_NONE,
	};
	static const enum action asking[] = {
		ACTION_open, ACTION_cancel, ACTION_filter, ACTION_back, ACTION_palette, ACTION_help, ACTION_NONE,
	};
	static const enum action empty[] = {
		ACTION_command, ACTION_open_explore, ACTION_back, ACTION_palette, ACTION_help, ACTION_NONE,
	};
	const struct download *d = marked(app);

	return !d ? empty : d->is == DOWNLOAD_ASKING ? asking : list;
}

const struct view view_downloads = {
	.keys = CONTEXT_downloads, .aside = true, .open = ACTION_open_downloads,
	.make = make, .done = done, .context = context, .act = act,
	.layout = layout, .draw = draw, .hints = hints, .top = top, .click = click, .wheel = wheel, .word = word,
	.why_not = why_not, .fds = fds, .poll = poll_queue, .busy = busy,
};
