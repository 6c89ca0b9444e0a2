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
	chats_tree_done(&c->tree);
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
			add_row(c, (struct chats_row){.kind = ROW_GROUP, .group = group, .chat = i});
		last = group;
		add_row(c, (struct chats_row){.kind = ROW_CHAT, .chat = i});
		if (chat->snippet)
			add_row(c, (struct chats_row){.kind = ROW_SNIPPET, .chat = i});
		for (size_t b = 0; chat->id == c->tree_of && b < c->tree.n; b++)
			add_row(c, (struct chats_row){.kind = ROW_BRANCH, .chat = i, .branch = b});
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
	if (mark != c->tree_of)
		c->marked_branch = 0;
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

	chats_set_tree(c, NULL);
	buf_clear(&c->words);
	buf_add_str(&c->words, words);
	c->marked = c->top = 0;
	return load(c, h, mark, e);
}

void
chats_set_tree(struct chats *c, const struct history_tree *t)
{
	chats_tree_done(&c->tree);
	c->tree_of = 0;
	if (t) {
		chats_tree_make(&c->tree, t);
		c->tree_of = t->chat.id;
	}
	if (c->marked_branch > c->tree.n)
		c->marked_branch = 0;
	make_rows(c);
}

/* Where the branches stand in the list; c->list.n: nowhere. */
static size_t
tree_place(const struct chats *c)
{
	size_t i = 0;

	while (i < c->list.n && (!c->tree_of || c->list.chats[i].id != c->tree_of))
		i++;
	return i;
}

/* Titles and branches are walked as one list. */
bool
chats_move(struct chats *c, long step)
{
	size_t place = tree_place(c), n_branches = place < c->list.n ? c->tree.n : 0, n = c->list.n + n_branches;
	size_t old = c->marked + (c->marked > place ? n_branches : c->marked_branch), at;

	if (step < 0)
		at = old > (size_t)-step ? old - (size_t)-step : 0;
	else
		at = n && n - 1 - old > (size_t)step ? old + (size_t)step : n ? n - 1 : 0;
	c->marked_branch = at > place && at <= place + n_branches ? at - place : 0;
	c->marked = at <= place ? at : c->marked_branch ? place : at - n_branches;
	return at != old;
}

const struct chats_branch *
chats_marked_branch(const struct chats *c)
{
	return c->marked_branch ? &c->tree.at[c->marked_branch - 1] : NULL;
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

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct chats_row *r = &c->rows[i];

		if (r->kind == ROW_GROUP || r->chat != c->marked)
			continue;
		if (c->marked_branch ? r->kind == ROW_BRANCH && r->branch + 1 == c->marked_branch : r->kind == ROW_CHAT)
			first = !c->marked_branch && i && c->rows[i - 1].kind == ROW_GROUP ? i - 1 : i, last = i;
		else if (!c->marked_branch && r->kind == ROW_SNIPPET)
			last = i;
	}
	if (c->top + h <= last)
		c->top = last + 1 - h;
	if (c->top > first)
		c->top = first;
	if (c->top + h > c->n_rows)
		c->top = c->n_rows > h ? c->n_rows - h : 0;
}
