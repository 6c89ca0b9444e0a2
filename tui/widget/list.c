/* Lists; see list.h. */
#define _GNU_SOURCE
#include "tui/widget/list.h"

#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"

void
list_done(struct list *l)
{
	buf_done(&l->filter);
}

static size_t
last_top(const struct list *l)
{
	return l->n > (size_t)l->height ? l->n - (size_t)l->height : 0;
}

void
list_layout(struct list *l, size_t n, int height)
{
	l->n = n;
	l->height = height > 0 ? height : 1;
	if (l->at >= n)
		l->at = n ? n - 1 : 0;
	if (l->top > l->at)
		l->top = l->at;
	if (l->at - l->top >= (size_t)l->height)
		l->top = l->at - (size_t)l->height + 1;
	if (l->top > last_top(l))
		l->top = last_top(l);
}

static enum did
move_to(struct list *l, long to)
{
	size_t old = l->at;

	if (l->n == 0)
		return DID_NOTHING;
	l->at = to < 0 ? 0 : (size_t)to < l->n ? (size_t)to : l->n - 1;
	list_layout(l, l->n, l->height);
	return l->at != old ? DID_CHANGE : DID_NOTHING;
}

enum did
list_act(struct list *l, enum action a)
{
	long at = (long)l->at, page = l->height > 2 ? l->height - 1 : 1;

	switch (a) {
	case ACTION_up:
		return move_to(l, at - 1);
	case ACTION_down:
		return move_to(l, at + 1);
	case ACTION_page_up:
		return move_to(l, at - page);
	case ACTION_page_down:
		return move_to(l, at + page);
	case ACTION_scroll_top:
		return move_to(l, 0);
	case ACTION_scroll_bottom:
		return move_to(l, (long)l->n);
	default:
		return DID_NOT;
	}
}

bool
list_click(struct list *l, int y)
{
	if (y < 0 || y >= l->height || l->top + (size_t)y >= l->n)
		return false;
	l->at = l->top + (size_t)y;
	return true;
}

bool
list_wheel(struct list *l, int step)
{
	size_t old = l->top;
	long to = (long)l->top + step;

	l->top = to < 0 ? 0 : (size_t)to < last_top(l) ? (size_t)to : last_top(l);
	if (l->at < l->top)
		l->at = l->top;
	if (l->n && l->at >= l->top + (size_t)l->height)
		l->at = l->top + (size_t)l->height - 1;
	return l->top != old;
}

bool
list_fits(const struct list *l, const char *text)
{
	const char *p = buf_str(&l->filter);

	for (p += strspn(p, " "); *p; p += strspn(p, " ")) {
		char word[128];
		size_t len = strcspn(p, " ");

		snprintf(word, sizeof word, "%.*s", (int)len, p);
		if (!strcasestr(text, word))
			return false;
		p += len;
	}
	return true;
}

static void
filter_changed(struct app *app, const char *text)
{
	struct list *l = app->ask.arg;

	buf_clear(&l->filter);
	buf_add_str(&l->filter, text);
}

static void
filter_taken(struct app *app, const char *text)
{
	filter_changed(app, text ? text : "");
}

static enum did
back(struct app *app, struct list *l)
{
	if (l->filter.len)
		buf_clear(&l->filter);
	else if (app_view(app)->over)
		app_close(app);
	else
		app_show(app, VIEW_chat);
	return DID_CHANGE;
}

enum did
list_view_act(struct app *app, struct list *l, enum action a)
{
	struct ask filter = {.label = "/", .changed = filter_changed, .taken = filter_taken, .arg = l, .moves = true};

	if (a == ACTION_back)
		return back(app, l);
	if (a != ACTION_filter)
		return list_act(l, a);
	if (app->words) {
		app->ask = filter;
		filter_changed(app, app->words);
	} else {
		app_ask(app, &filter, buf_str(&l->filter));
	}
	return DID_CHANGE;
}

void
list_draw_more(const struct list *l, const struct canvas *c)
{
	size_t below = l->n > l->top + (size_t)l->height ? l->n - l->top - (size_t)l->height : 0;
	char text[48];

	if (below == 0)
		return;
	snprintf(text, sizeof text, _(" %s %zu more"), c->glyphs->down, below);
	draw_text(c, l->height - 1, c->cols - text_width(text, strlen(text)), text, ROLE_accent, ATTR_BOLD);
}
