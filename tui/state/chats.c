/* The list of conversations; see chats.h. */
#define _GNU_SOURCE
#include "tui/state/chats.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "tui/i18n.h"

enum { CHATS_MAX = 1000, SEARCH_MAX = 200 };

void
chats_done(struct chats *c)
{
	history_list_done(&c->list);
	free(c->rows);
	buf_done(&c->words);
	*c = (struct chats){0};
}

/* Days since some day, as the person's clock counts them. */
static long
day_of(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = {0};

	localtime_r(&t, &tm);
	return (long)((t + tm.tm_gmtoff) / 86400);
}

const char *
chats_group(const struct history_chat *c, int64_t now_ms)
{
	long days = day_of(now_ms) - day_of(c->changed_ms);

	return c->pinned ? _("pinned") : days <= 0 ? _("today") : days == 1 ? _("yesterday") : _("older");
}

static void
add_row(struct chats *c, struct chats_row row)
{
	c->rows = mem_grow(c->rows, c->n_rows + 1, sizeof *c->rows);
	c->rows[c->n_rows++] = row;
}

static void
make_rows(struct chats *c)
{
	int64_t now = history_now_ms();
	const char *last = NULL;

	c->n_rows = 0;
	for (size_t i = 0; i < c->list.n; i++) {
		const struct history_chat *chat = &c->list.chats[i];
		const char *group = chats_group(chat, now);

		if (!c->words.len && group != last)
			add_row(c, (struct chats_row){ROW_GROUP, group, i});
		last = group;
		add_row(c, (struct chats_row){ROW_CHAT, NULL, i});
		if (chat->snippet)
			add_row(c, (struct chats_row){ROW_SNIPPET, NULL, i});
	}
}

static bool
load(struct chats *c, struct history *h, int64_t mark, struct err *e)
{
	struct history_list list;

	if (!history_find(h, buf_str(&c->words), c->words.len ? SEARCH_MAX : CHATS_MAX, &list, e))
		return false;
	history_list_done(&c->list);
	c->list = list;
	c->loaded = true;
	for (size_t i = 0; i < list.n; i++)
		if (list.chats[i].id == mark)
			c->marked = i;
	if (c->marked >= list.n)
		c->marked = list.n ? list.n - 1 : 0;
	make_rows(c);
	return true;
}

bool
chats_load(struct chats *c, struct history *h, int64_t mark, struct err *e)
{
	const struct history_chat *old = chats_marked(c);

	/* While nothing can be written, waiting for it would hold up the screen. */
	if (!history_failed(h, e) && !history_flush(h, e))
		return false;
	return load(c, h, mark ? mark : old ? old->id : 0, e);
}

bool
chats_search(struct chats *c, struct history *h, const char *words, struct err *e)
{
	const struct history_chat *old = chats_marked(c);
	int64_t mark = old && !*words ? old->id : 0;

	buf_clear(&c->words);
	buf_add_str(&c->words, words);
	c->marked = c->top = 0;
	return load(c, h, mark, e);
}

bool
chats_move(struct chats *c, long step)
{
	size_t last = c->list.n ? c->list.n - 1 : 0, old = c->marked;

	if (step < 0)
		c->marked = c->marked > (size_t)-step ? c->marked - (size_t)-step : 0;
	else
		c->marked = last - c->marked > (size_t)step ? c->marked + (size_t)step : last;
	return c->marked != old;
}

const struct history_chat *
chats_marked(const struct chats *c)
{
	return c->marked < c->list.n ? &c->list.chats[c->marked] : NULL;
}

void
chats_scroll(struct chats *c, int height)
{
	size_t first = 0, last = 0, h = height > 0 ? (size_t)height : 1;

	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].kind != ROW_GROUP && c->rows[i].chat == c->marked) {
			if (c->rows[i].kind == ROW_CHAT)
				first = i && c->rows[i - 1].kind == ROW_GROUP ? i - 1 : i;
			last = i;
		}
	if (c->top + h <= last)
		c->top = last + 1 - h;
	if (c->top > first)
		c->top = first;
	if (c->top + h > c->n_rows)
		c->top = c->n_rows > h ? c->n_rows - h : 0;
}
