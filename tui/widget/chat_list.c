/* Titles under the days they belong to; found text under its title; see chat_list.h. */
#include "tui/widget/chat_list.h"

#include <string.h>

#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum { AIR = 1, MARK = 2 };

static void
draw_clean(const struct canvas *c, int y, int x, const char *s, enum role role, unsigned attr)
{
	struct buf b = {0};

	text_clean_line(&b, s, strlen(s));
	draw_text(c, y, x, buf_str(&b), role, attr);
	buf_done(&b);
}

/* "│ ├ how it begins", bold where it is marked, dim where the screen shows another branch. */
static void
draw_branch(const struct chats *l, const struct canvas *c, int y, const struct chats_branch *b)
{
	bool marked = l->focus && chats_marked_branch(l) == b;
	int x = MARK;

	if (marked)
		draw_text(c, y, 0, c->glyphs->here, ROLE_accent, ATTR_BOLD);
	for (unsigned d = 0; d < b->depth; d++, x += 2)
		draw_text(c, y, x, b->goes_on[d] ? c->glyphs->bar : "", ROLE_dim, 0);
	x = draw_text(c, y, x, b->is_last ? c->glyphs->fork_last : c->glyphs->fork, ROLE_dim, 0);
	draw_text(c, y, x, *b->text ? b->text : _("(nothing)"), b->here ? ROLE_text : ROLE_dim, marked ? ATTR_BOLD : 0);
}

static void
draw_row(const struct app *app, const struct canvas *c, int y, const struct chats_row *row)
{
	const struct chats *l = &app->chats;
	const struct history_chat *chat = &l->list.chats[row->chat];
	bool marked = l->focus && row->chat == l->marked && !l->marked_branch, here = chat->id == app->keep.chat;

	switch (row->kind) {
	case ROW_GROUP:
		draw_text(c, y, 0, row->group, ROLE_dim, 0);
		break;
	case ROW_CHAT:
		if (marked || (here && !l->focus))
			draw_text(c, y, 0, c->glyphs->here, ROLE_accent, marked ? ATTR_BOLD : 0);
		draw_clean(c, y, MARK, *chat->title ? chat->title : _("(no title)"), here ? ROLE_accent : ROLE_text,
		    marked ? ATTR_BOLD : 0);
		break;
	case ROW_SNIPPET:
		draw_clean(c, y, MARK + 2, chat->snippet, ROLE_dim, 0);
		break;
	case ROW_BRANCH:
		draw_branch(l, c, y, &l->tree.at[row->branch]);
		break;
	}
}

void
chat_list_draw(const struct app *app, const struct canvas *c)
{
	const struct chats *l = &app->chats;
	struct canvas inside = {c->g, c->y, c->x + AIR, c->rows, c->cols - 2 * AIR, c->glyphs};

	for (size_t i = 0; i < (size_t)c->rows && l->top + i < l->n_rows; i++)
		draw_row(app, &inside, (int)i, &l->rows[l->top + i]);
	if (l->n_rows == 0)
		draw_text(&inside, 0, 0, l->words.len ? _("nothing found") : _("no conversations yet"), ROLE_dim, 0);
}
