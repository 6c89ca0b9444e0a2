/* One frame: the top line, the open view, the command line or palette over it, the keys valid now. */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/downloads.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

/* Below this only a sentence is shown. */
enum { ROWS_MIN = 6, COLS_MIN = 24, PALETTE_ROWS = 10, ROWS_COVERED = 3, NOTE_COLS_MIN = 40, NOTE_ROWS = 4 };

static void
draw_too_small(const struct app *app, const struct canvas *c)
{
	char text[96];

	snprintf(text, sizeof text, _("minnow needs %d x %d"), COLS_MIN, ROWS_MIN);
	draw_text(c, 0, 0, text, ROLE_text, 0);
	snprintf(text, sizeof text, _("this is %d x %d"), c->cols, c->rows);
	draw_text(c, 1, 0, text, ROLE_dim, 0);
	draw_text(c, 2, 0, _("^Q leaves"), ROLE_dim, 0);
	(void)app;
}

/* ---- the top line ---- */

/* The tabs from view FIRST on that fit into COLUMNS; *END: the first that did not fit.  ALL: with those that stand aside, of
 * which else only the open one is there. */
static void
add_tabs(const struct app *app, struct runs *r, int columns, bool all, enum view_id first, enum view_id *end)
{
	enum view_id v = first;

	for (; v < VIEW_COUNT; v++) {
		bool open = v == app->view;
		const char *title = app_view_title(v);

		if (!open && (view_at(v)->over || (view_at(v)->aside && !all)))
			continue;
		if (runs_width(r) + 2 + text_width(title, strlen(title)) > columns)
			break;
		runs_add(r, open ? ROLE_accent : ROLE_dim, open ? ATTR_BOLD : 0, "%s%s", r->n ? "  " : " ", title);
	}
	*end = v;
}

/* The view whose title in the tabs R stands at column X; VIEW_COUNT: none. */
static enum view_id
tab_at(const struct app *app, const struct runs *r, int x)
{
	size_t at = 0;
	enum view_id v = VIEW_COUNT;

	for (size_t i = 0; i < r->n; at = r->run[i++].end) {
		const char *s = r->text.data + at;
		size_t n = r->run[i].end - at, skip = strspn(s, " ");
		int from = text_width(r->text.data, at + skip), to = text_width(r->text.data, at + n);

		if (x < from || x >= to)
			continue;
		for (v = 0; v < VIEW_COUNT; v++)
			if (strlen(app_view_title(v)) == n - skip && memcmp(app_view_title(v), s + skip, n - skip) == 0)
				return v;
	}
	(void)app;
	return v;
}

/* The name of the program and all tabs, or those that do not stand aside, so that each keeps its place; where that is too
 * much, tabs around the open one. */
static void
make_tabs(const struct app *app, struct runs *r, int columns)
{
	enum view_id end = 0;

	for (int all = 1; all >= 0 && end < VIEW_COUNT; all--) {
		runs_done(r);
		runs_add(r, ROLE_dim, 0, " minnow ");
		add_tabs(app, r, columns, all, 0, &end);
	}
	if (end == VIEW_COUNT)
		return;
	end = 0;
	for (enum view_id first = 0; end <= app->view && first <= app->view; first++) {
		runs_done(r);
		add_tabs(app, r, columns, false, first, &end);
	}
}

static void
add_model(const struct talk *t, struct runs *r, bool whole)
{
	runs_add(r, ROLE_text, 0, "%s", t->name ? t->name : "");
	if (whole && t->model && model_info(t->model)->format)
		runs_add(r, ROLE_dim, 0, "  %s", model_info(t->model)->format);
	if (whole && t->badge)
		runs_add(r, ROLE_dim, 0, "  %s", i18n_text(t->badge));
}

/* The tabs matter more than what stands at the right, which matters more than the name of the program.  Both are made for
 * COLS columns. */
static void
make_top(const struct app *app, int cols, struct runs *tabs, struct runs *right)
{
	struct runs all = {0};
	enum view_id end;
	int least;

	if (app_view(app)->top)
		app_view(app)->top(app, right);
	else
		add_model(&app->talk, right, true);
	add_tabs(app, &all, cols, false, 0, &end);
	least = runs_width(&all) < cols / 2 ? runs_width(&all) : cols / 2;
	if (runs_width(right) + least + 3 > cols && !app_view(app)->top) {
		runs_done(right);
		add_model(&app->talk, right, false);
	}
	if (runs_width(right) + least + 3 > cols)
		runs_done(right);
	make_tabs(app, tabs, cols - (right->n ? runs_width(right) + 3 : 0));
	runs_done(&all);
}

static void
draw_top(const struct app *app, const struct canvas *c)
{
	struct runs tabs = {0}, right = {0};

	make_top(app, c->cols, &tabs, &right);
	draw_runs(c, 0, 0, &tabs);
	if (right.n)
		draw_runs(c, 0, c->cols - 1 - runs_width(&right), &right);
	runs_done(&tabs);
	runs_done(&right);
}

/* ---- the bottom line ---- */

/* A word for an action on the bottom line, where its name is too long or means something else now. */
static const char *
hint_word(const struct app *app, enum action a)
{
	const char *word = app_view(app)->word ? app_view(app)->word(app, a) : NULL;

	if (word)
		return word;
	switch (a) {
	case ACTION_back:
		return app_view(app)->over ? _("close") : app->view == VIEW_chat ? _("stop") : _("back");
	case ACTION_regenerate:
		return _("again");
	case ACTION_palette:
		return _("commands");
	case ACTION_help:
		return _("keys");
	case ACTION_focus:
		return app->reading || app->chats.focus ? _("prompt") : _("read");
	case ACTION_scroll_top:
		return _("first");
	case ACTION_page_up:
	case ACTION_scroll_up:
		return _("up");
	case ACTION_page_down:
	case ACTION_scroll_down:
		return _("down");
	case ACTION_scroll_bottom:
		return app->view == VIEW_chat ? _("end") : _("last");
	case ACTION_copy_code:
		return _("code");
	case ACTION_chat_open:
		return _("open");
	case ACTION_chat_find:
		return _("search");
	case ACTION_chat_rename:
		return _("rename");
	case ACTION_chat_delete:
		return _("delete");
	case ACTION_chat_undelete:
		return _("bring back");
	case ACTION_clear:
		return _("new");
	case ACTION_chat_import:
		return _("read a file");
	default:
		return i18n_text(action_name(a));	/* here, and here alone, it is a word */
	}
}

/* What is being downloaded, at the right of the bottom line of every view but its own; the columns it takes. */
static int
draw_download(const struct app *app, const struct canvas *c, int y)
{
	struct buf note = {0};
	int w = 0;

	if (app->view != VIEW_downloads && c->cols >= NOTE_COLS_MIN && downloads_of(app) &&
	    downloads_note(downloads_of(app), c->glyphs->down, &note)) {
		w = text_width(buf_str(&note), note.len) + 2;
		draw_text(c, y, c->cols - w + 1, buf_str(&note), ROLE_accent, 0);
	}
	buf_done(&note);
	return w;
}

/* What the bottom line names: a key and what it does. */
struct hint {
	enum action action;
	struct key key;
};
enum { HINTS_MAX = 40 };

/* One key with its word. */
static void
make_hint(const struct app *app, const struct hint *h, struct runs *r)
{
	struct buf name = {0};

	key_format(h->key, &name);
	runs_add(r, ROLE_text, ATTR_BOLD, "%s", buf_str(&name));
	runs_add(r, ROLE_dim, 0, " %s", hint_word(app, h->action));
	buf_done(&name);
}

static bool
waits(const struct app *app)
{
	return app_view(app)->waits && app_view(app)->waits(app);
}

/* While one more key is waited for, all that mean something then; else those the view names, help left out. */
static size_t
list_hints(const struct app *app, struct hint hints[HINTS_MAX])
{
	const enum action *named = waits(app) ? NULL : app_view(app)->hints(app);
	enum context c = app_view(app)->context(app);
	size_t n = 0;

	for (size_t i = 0; !named && i < app->keys.n_rows && n < HINTS_MAX; i++)
		if (app->keys.rows[i].context == c)
			hints[n++] = (struct hint){app->keys.rows[i].action, app->keys.rows[i].key};
	for (size_t i = 0; named && named[i] != ACTION_NONE && n < HINTS_MAX; i++) {
		struct key k = keymap_key(&app->keys, c, named[i]);

		if (named[i] != ACTION_help && k.code)
			hints[n++] = (struct hint){named[i], k};
	}
	return n;
}

/* What never falls off at the end: "? keys". */
static void
make_last_hint(const struct app *app, struct runs *r)
{
	const enum action *named = app_view(app)->hints(app);
	struct hint help = {ACTION_help, keymap_key(&app->keys, app_view(app)->context(app), ACTION_help)};

	if (waits(app)) {
		runs_add(r, ROLE_dim, 0, "Esc cancels");
		return;
	}
	for (size_t i = 0; named[i] != ACTION_NONE; i++)
		if (named[i] == ACTION_help && help.key.code)
			make_hint(app, &help, r);
}

/* Whole hints only, as many as fit.  With C they are drawn; the action of the one at column AT is returned. */
static enum action
lay_keys(const struct app *app, const struct canvas *c, int cols, int y, int at)
{
	struct hint hints[HINTS_MAX];
	size_t n = list_hints(app, hints);
	struct runs last = {0};
	enum action found = ACTION_NONE;
	int x = 1, kept, w;

	make_last_hint(app, &last);
	kept = last.n ? runs_width(&last) + 2 : 0;
	for (size_t i = 0; i < n; i++) {
		struct runs r = {0};

		make_hint(app, &hints[i], &r);
		w = runs_width(&r);
		if (x + w + kept <= cols) {
			if (c)
				draw_runs(c, y, x, &r);
			if (at >= x && at < x + w)
				found = hints[i].action;
			x += w + 2;
		}
		runs_done(&r);
	}
	if (c)
		draw_runs(c, y, x, &last);
	if (at >= x && at < x + kept - 2 && !waits(app))
		found = ACTION_help;
	runs_done(&last);
	return found;
}

static void
draw_keys(const struct app *app, const struct canvas *c, int y)
{
	int used = draw_download(app, c, y);

	lay_keys(app, c, c->cols - used, y, -1);
}

static void
draw_choice(const struct app *app, const struct canvas *c, int y, size_t i)
{
	const struct line_choice *choice = &app->line.choices[app->line.picks[i]];
	bool chosen = i == app->line.chosen;
	int x;

	draw_text(c, y, 0, chosen ? c->glyphs->here : " ", ROLE_accent, 0);
	x = draw_text(c, y, 2, choice->text, ROLE_text, chosen ? ATTR_BOLD : 0);
	if (x + 8 <= c->cols)
		draw_text(c, y, x > 24 || c->cols < 60 ? x + 2 : 24, choice->hint, ROLE_dim, 0);
}

/* A view goes by its title; an action that cannot be done now stays, and says why. */
static void
draw_match(const struct app *app, const struct canvas *c, int y, size_t i)
{
	enum action a = app->line.matches[i];
	struct key k = keymap_key(&app->keys, app_view(app)->context(app), a);
	bool chosen = i == app->line.chosen, can, view = app_view_of(a) != VIEW_COUNT;
	const char *name = view && app->line.mode == LINE_PALETTE ? app_view_title(app_view_of(a)) : action_name(a);
	struct buf key = {0}, why = {0};
	int x;

	can = app_can(app, a, &why);
	if (k.code && can)
		key_format(k, &key);
	draw_text(c, y, 0, chosen ? c->glyphs->here : " ", ROLE_accent, 0);
	x = draw_text(c, y, 2, name, can ? view ? ROLE_accent : ROLE_text : ROLE_dim, chosen ? ATTR_BOLD : 0);
	if (c->cols >= 48)
		draw_text(&(struct canvas){c->g, c->y, c->x, c->rows, c->cols - 12, c->glyphs}, y, x > 18 ? x + 2 : 20,
		    can ? action_help(a) : buf_str(&why), ROLE_dim, 0);
	draw_text(c, y, c->cols - text_width(buf_str(&key), key.len), buf_str(&key), ROLE_text, 0);
	buf_done(&key);
	buf_done(&why);
}

static void
draw_fit(const struct app *app, const struct canvas *c, int y, size_t i)
{
	const struct line *l = &app->line;
	struct buf text = {0};
	size_t len;
	const char *s = line_fit(l, i, &len);

	buf_add(&text, s, len);
	draw_text(c, y, 0, i == l->fit ? c->glyphs->here : " ", ROLE_accent, 0);
	draw_text(c, y, 2, buf_str(&text), ROLE_text, i == l->fit ? ATTR_BOLD : 0);
	buf_done(&text);
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
	static const char *const asks[] = {[LINE_FIND] = N_("search"), [LINE_RENAME] = N_("rename to"), [LINE_EXPORT] = N_("write to")};
	const struct line *l = &app->line;
	int y = c->rows - 1, x;

	clear_row(c, y);
	x = draw_text(c, y, 1, _(asks[l->mode]), ROLE_accent, 0) + 1;
	if (l->editor.text.len == 0)
		draw_text(c, y, x + 1, l->mode == LINE_FIND ? _("words of a title or a text") : _("a name"), ROLE_dim, 0);
	draw_text(c, y, x, buf_str(&l->editor.text), ROLE_text, 0);
	c->g->cursor_y = c->y + y;
	c->g->cursor_x = x + text_width(buf_str(&l->editor.text), l->editor.at);
	if (c->g->cursor_x >= c->cols)
		c->g->cursor_x = c->cols - 1;
}

/* The commands or the words to choose from grow upwards from the last line; how many are shown. */
static int
draw_choices(const struct app *app, const struct canvas *c)
{
	const struct line *l = &app->line;
	bool words = l->n_fits > 0, asks = l->mode == LINE_ASK || l->mode == LINE_CHOOSE;
	size_t n = words ? l->n_fits : l->mode == LINE_ASK ? 0 : l->n_matches, at = words ? l->fit : l->chosen, first = 0;
	int shown = n < PALETTE_ROWS ? (int)n : PALETTE_ROWS, top;
	struct canvas list;

	if (shown > c->rows - 3)
		shown = c->rows - 3;
	if (at < n && at >= (size_t)shown)
		first = at - (size_t)shown + 1;
	/* A command line covers at least what is below the rule above the prompt, and the like in other views. */
	top = c->rows - 1 - (shown > ROWS_COVERED || asks ? shown : ROWS_COVERED) - 1;
	if (asks && shown == 0)
		top++;
	list = (struct canvas){c->g, c->y + c->rows - 1 - shown, c->x + 1, shown, c->cols - 2, c->glyphs};
	for (int row = top; row < c->rows; row++)
		clear_row(c, row);
	if (top < c->rows - 1)
		draw_rule(c, top);
	for (int i = 0; i < shown; i++)
		if (words)
			draw_fit(app, &list, i, first + (size_t)i);
		else if (l->mode == LINE_CHOOSE)
			draw_choice(app, &list, i, first + (size_t)i);
		else
			draw_match(app, &list, i, first + (size_t)i);
	return shown;
}

static void
draw_line(const struct app *app, const struct canvas *c)
{
	const struct line *l = &app->line;
	int y = c->rows - 1, x;

	draw_choices(app, c);
	if (l->mode == LINE_ASK || l->mode == LINE_CHOOSE) {
		x = draw_text(c, y, 1, i18n_text(app->ask.label), ROLE_accent, 0);
		x += strcmp(app->ask.label, "/") != 0;
	} else {
		x = draw_text(c, y, 1, l->mode == LINE_COMMAND ? ":" : c->glyphs->prompt, ROLE_accent, 0);
		x += l->mode == LINE_PALETTE;
		if (l->editor.text.len == 0)
			draw_text(c, y, x + (l->mode == LINE_COMMAND), _("a command, or part of its name"), ROLE_dim, 0);
	}
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

	app->rows = rows;
	app->cols = cols;
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
	if (app->line.mode > LINE_PALETTE && app->line.mode < LINE_ASK)
		draw_words(app, &all);
	else if (app->line.mode != LINE_CLOSED)
		draw_line(app, &all);
	else if (app->note.len)
		draw_note(app, &all);
	else
		draw_keys(app, &all, rows - 1);
}

/* ---- the mouse ---- */

enum { WHEEL_ROWS = 3 };

static enum did
click_top(struct app *app, int col)
{
	struct runs tabs = {0}, right = {0};
	enum view_id v;

	make_top(app, app->cols, &tabs, &right);
	v = tab_at(app, &tabs, col);
	runs_done(&tabs);
	runs_done(&right);
	if (v == VIEW_COUNT || v == app->view)
		return DID_NOTHING;
	app_show(app, v);
	return DID_CHANGE;
}

/* A view that does not know the wheel moves as by keys. */
static enum did
turn(struct app *app, int y, int x, int step)
{
	enum did did = DID_NOT;

	if (app_view(app)->wheel)
		return app_view(app)->wheel(app, y, x, step * WHEEL_ROWS);
	for (int i = 0; i < WHEEL_ROWS && did != DID_NOTHING; i++)
		did = app_view(app)->act(app, step < 0 ? ACTION_scroll_up : ACTION_scroll_down);
	return did == DID_NOTHING ? DID_CHANGE : did;
}

enum did
app_mouse(struct app *app, int row, int col, int step)
{
	enum action a;

	buf_clear(&app->note);
	if (row < 0 || row >= app->rows || col < 0 || col >= app->cols || app->rows < ROWS_MIN || app->cols < COLS_MIN)
		return DID_NOTHING;
	if (app->line.mode != LINE_CLOSED)
		return DID_NOTHING;		/* the line has the keyboard: Esc closes it */
	if (step)
		return turn(app, row - 1, col, step);
	if (row == 0)
		return click_top(app, col);
	if (row < app->rows - 1)
		return app_view(app)->click ? app_view(app)->click(app, row - 1, col) : DID_NOTHING;
	a = lay_keys(app, NULL, app->cols, row, col);
	return a == ACTION_NONE ? DID_CHANGE : app_act(app, a, NULL);
}

void
app_set_mouse(struct app *app, bool on)
{
	app->mouse = on;
	if (app->display)
		app->display->ops->mouse(app->display, on);
}

void
app_bare_text(const struct app *app, struct buf *out)
{
	const struct talk *t = &app->talk;

	for (size_t i = 0; i < t->n_turns; i++) {
		const struct turn *turn = t->turns[i];

		buf_printf(out, "%s\n", turn->role == TURN_USER ? _("You") : t->name);
		buf_add(out, buf_str(&turn->clean), turn->clean.len);
		buf_add_str(out, turn->clean.len && out->data[out->len - 1] == '\n' ? "\n" : "\n\n");
	}
	if (t->n_turns == 0)
		buf_add_str(out, _("The conversation is empty.\n\n"));
	buf_add_str(out, _("(minnow: any key goes back)"));
}
