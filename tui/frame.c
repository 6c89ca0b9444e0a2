/* One frame: the top line, the open view, the command line or palette over it, the keys valid now. */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

/* Below this only a sentence is shown. */
enum { ROWS_MIN = 6, COLS_MIN = 24, PALETTE_ROWS = 10, NOTE_ROWS = 4 };

static const struct {
	const char *title;
} titles[] = {
#define VIEW(id, title, what) {title},
#include "tui/view.def"
#undef VIEW
};

static void
draw_too_small(const struct app *app, const struct canvas *c)
{
	char text[96];

	snprintf(text, sizeof text, "minnow needs %d x %d", COLS_MIN, ROWS_MIN);
	draw_text(c, 0, 0, text, ROLE_text, 0);
	snprintf(text, sizeof text, "this is %d x %d", c->cols, c->rows);
	draw_text(c, 1, 0, text, ROLE_dim, 0);
	draw_text(c, 2, 0, "^Q leaves", ROLE_dim, 0);
	(void)app;
}

static void
add_model(const struct app *app, struct runs *right)
{
	const struct talk *t = &app->talk;

	runs_add(right, ROLE_text, 0, "%s", t->name ? t->name : "");
	if (t->model && model_info(t->model)->format)
		runs_add(right, ROLE_dim, 0, "  %s", model_info(t->model)->format);
}

/* The views; ALONE: only the one that is open. */
static void
add_tabs(const struct app *app, struct runs *left, bool alone)
{
	runs_add(left, ROLE_dim, 0, " minnow");
	for (enum view_id i = 0; i < VIEW_COUNT; i++)
		if (i == app->view || (!alone && !view_at(i)->over))
			runs_add(left, i == app->view ? ROLE_accent : ROLE_dim, 0, "   %s", titles[i].title);
}

enum { TOP_GAP = 3 };			/* columns between the views and what is at the right, with the margin */

static void
draw_top(const struct app *app, const struct canvas *c)
{
	const struct talk *t = &app->talk;
	struct runs left = {0}, right = {0};

	add_tabs(app, &left, false);
	(app_view(app)->top ? app_view(app)->top : add_model)(app, &right);
	if (runs_width(&left) + runs_width(&right) + TOP_GAP > c->cols) {
		runs_done(&left);
		add_tabs(app, &left, true);
	}
	/* Narrow: the name matters more. */
	if (!app_view(app)->top && t->badge &&
	    runs_width(&left) + runs_width(&right) + (int)strlen(t->badge) + TOP_GAP + 2 <= c->cols)
		runs_add(&right, ROLE_dim, 0, "  %s", t->badge);
	draw_runs(c, 0, 0, &left);
	if (runs_width(&left) + runs_width(&right) + TOP_GAP <= c->cols)
		draw_runs(c, 0, c->cols - 1 - runs_width(&right), &right);
	runs_done(&left);
	runs_done(&right);
}

/* A word for an action on the bottom line, where its name is too long or means something else now. */
static const char *
hint_word(const struct app *app, enum action a)
{
	switch (a) {
	case ACTION_back:
		return app_view(app)->over ? "close" : "stop";
	case ACTION_regenerate:
		return "again";
	case ACTION_palette:
		return "commands";
	case ACTION_help:
		return "keys";
	case ACTION_focus:
		return app->reading || app->chats.focus ? "prompt" : "read";
	case ACTION_page_up:
	case ACTION_scroll_up:
		return "up";
	case ACTION_page_down:
	case ACTION_scroll_down:
		return "down";
	case ACTION_scroll_bottom:
		return "end";
	case ACTION_copy_code:
		return "code";
	case ACTION_chat_open:
		return "open";
	case ACTION_chat_find:
		return "search";
	case ACTION_chat_rename:
		return "rename";
	case ACTION_chat_delete:
		return "delete";
	case ACTION_chat_undelete:
		return "bring back";
	case ACTION_clear:
		return "new";
	default:
		return action_name(a);
	}
}

/* Whole hints only, as many as fit; "? keys" never falls off. */
static void
draw_keys(const struct app *app, const struct canvas *c, int y)
{
	enum context context = app_view(app)->context(app);
	const enum action *hints = app_view(app)->hints(app);
	struct runs help = {0};
	int x = 1, kept = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; hints[i] != ACTION_NONE; i++) {
			struct key k = keymap_key(&app->keys, context, hints[i]);
			struct runs r = {0};
			struct buf name = {0};
			int w;

			if (k.code == 0 || (pass == 0) != (hints[i] == ACTION_help))
				continue;
			key_format(k, &name);
			runs_add(&r, ROLE_text, ATTR_BOLD, "%s", buf_str(&name));
			runs_add(&r, ROLE_dim, 0, " %s", hint_word(app, hints[i]));
			w = runs_width(&r);
			if (pass == 0) {
				help = r;
				kept = w + 2;
			} else {
				if (x + w + kept <= c->cols)
					x = draw_runs(c, y, x, &r) + 2;
				runs_done(&r);
			}
			buf_done(&name);
		}
	draw_runs(c, y, x, &help);
	runs_done(&help);
}

static void
draw_match(const struct app *app, const struct canvas *c, int y, size_t i)
{
	enum action a = app->line.matches[i];
	struct key k = keymap_key(&app->keys, app_view(app)->context(app), a);
	bool chosen = i == app->line.chosen;
	struct buf key = {0};
	int x;

	if (k.code)
		key_format(k, &key);
	draw_text(c, y, 0, chosen ? c->glyphs->here : " ", ROLE_accent, 0);
	x = draw_text(c, y, 2, action_name(a), ROLE_text, chosen ? ATTR_BOLD : 0);
	if (c->cols >= 48)
		draw_text(&(struct canvas){c->g, c->y, c->x, c->rows, c->cols - 12, c->glyphs}, y, x > 18 ? x + 2 : 18,
		    action_help(a), ROLE_dim, 0);
	draw_text(c, y, c->cols - text_width(buf_str(&key), key.len), buf_str(&key), ROLE_text, 0);
	buf_done(&key);
}

static void
clear_row(const struct canvas *c, int y)
{
	for (int x = 0; x < c->cols; x++)
		grid_puts(c->g, c->y + y, c->x + x, c->x + c->cols, " ", ROLE_text, 0);
}

/* Words for an action: what is asked for stands before them. */
static void
draw_words(const struct app *app, const struct canvas *c)
{
	static const char *const asks[] = {[LINE_FIND] = "search", [LINE_RENAME] = "rename to", [LINE_EXPORT] = "write to"};
	const struct line *l = &app->line;
	int y = c->rows - 1, x;

	clear_row(c, y);
	x = draw_text(c, y, 1, asks[l->mode], ROLE_accent, 0) + 1;
	if (l->editor.text.len == 0)
		draw_text(c, y, x + 1, l->mode == LINE_FIND ? "words of a title or a text" : "a name", ROLE_dim, 0);
	draw_text(c, y, x, buf_str(&l->editor.text), ROLE_text, 0);
	c->g->cursor_y = c->y + y;
	c->g->cursor_x = x + text_width(buf_str(&l->editor.text), l->editor.at);
	if (c->g->cursor_x >= c->cols)
		c->g->cursor_x = c->cols - 1;
}

/* The matches grow upwards from the last line, where the text is typed. */
static void
draw_line(const struct app *app, const struct canvas *c)
{
	const struct line *l = &app->line;
	size_t shown = l->n_matches < PALETTE_ROWS ? l->n_matches : PALETTE_ROWS, first = 0;
	int y = c->rows - 1, x, top;
	struct canvas list;

	if ((int)shown > c->rows - 3)
		shown = (size_t)(c->rows - 3);
	if (l->chosen >= shown)
		first = l->chosen - shown + 1;
	top = y - (shown > 2 ? (int)shown : 2) - 1;	/* at least to the rule above the prompt */
	list = (struct canvas){c->g, c->y + y - (int)shown, c->x + 1, (int)shown, c->cols - 2, c->glyphs};
	for (int row = top; row <= y; row++)
		clear_row(c, row);
	draw_rule(c, top);
	for (size_t i = 0; i < shown; i++)
		draw_match(app, &list, (int)i, first + i);
	x = draw_text(c, y, 1, l->mode == LINE_COMMAND ? ":" : c->glyphs->prompt, ROLE_accent, 0);
	x += l->mode == LINE_PALETTE;
	if (l->editor.text.len == 0)
		draw_text(c, y, x + (l->mode == LINE_COMMAND), "a command, or part of its name", ROLE_dim, 0);
	draw_text(c, y, x, buf_str(&l->editor.text), ROLE_text, 0);
	c->g->cursor_y = c->y + y;
	c->g->cursor_x = x + text_width(buf_str(&l->editor.text), l->editor.at);
	if (c->g->cursor_x >= c->cols)
		c->g->cursor_x = c->cols - 1;
}

/* A note is a whole sentence: it takes the rows it needs, over the key line and what is above it. */
static void
draw_note(const struct app *app, const struct canvas *c)
{
	const char *s = buf_str(&app->note);
	size_t n = app->note.len, len;
	int rows = wrap_count(s, n, c->cols - 2);
	int y = c->rows - (rows < NOTE_ROWS ? rows : NOTE_ROWS);

	for (size_t at = 0; at < n && y < c->rows; at += len, y++) {
		len = wrap_row(s + at, n - at, c->cols - 2);
		clear_row(c, y);
		grid_put(c->g, c->y + y, c->x + 1, c->x + c->cols, s + at, len, app->note_role, 0);
	}
}

void
app_draw(struct app *app, int rows, int cols)
{
	struct canvas all = {&app->grid, 0, 0, rows, cols, app->glyphs}, body = all;

	if (app->grid.rows != rows || app->grid.cols != cols)
		grid_resize(&app->grid, rows, cols);
	grid_clear(&app->grid);
	if (rows < ROWS_MIN || cols < COLS_MIN) {
		draw_too_small(app, &all);
		return;
	}
	body.y = 1;
	body.rows = rows - 2;
	app_view(app)->layout(app, body.rows, body.cols);
	draw_top(app, &all);
	app_view(app)->draw(app, &body);
	if (app->line.mode > LINE_PALETTE)
		draw_words(app, &all);
	else if (app->line.mode != LINE_CLOSED)
		draw_line(app, &all);
	else if (app->note.len)
		draw_note(app, &all);
	else
		draw_keys(app, &all, rows - 1);
}
