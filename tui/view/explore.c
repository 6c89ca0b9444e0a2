/* Explore: the models as a tree at the left, what is marked at the right; where there is no room for both, one of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/state/editor_keys.h"
#include "tui/text.h"
#include "tui/view/view.h"
#include "tui/widget/inside.h"
#include "tui/widget/model_card.h"
#include "tui/widget/model_row.h"

enum { AIR = 1, RULES_ROWS = 12, WIDE = 100, TREE_LEAST = 46, TREE_MOST = 64, PAGE_MOST = 92, GAP_ROWS = 16 };

/* How the columns and rows of the view are shared out. */
struct plan {
	bool tree, page, rules;
	int tree_cols, page_x, page_cols;
	int y, rows;			/* of both panes */
	int list_y;			/* of the tree in its pane: the filter is above */
};

static struct plan
make_plan(const struct app *app, int rows, int cols)
{
	struct plan p = {.rules = rows >= RULES_ROWS - 2};
	bool wide = cols >= WIDE;

	p.tree = wide || !app->explore.in_page;
	p.page = wide || app->explore.in_page;
	p.tree_cols = wide ? cols * 2 / 5 : cols - 2 * AIR;
	if (wide && p.tree_cols < TREE_LEAST)
		p.tree_cols = TREE_LEAST;
	if (p.tree_cols > TREE_MOST)
		p.tree_cols = TREE_MOST;
	p.page_x = wide ? AIR + p.tree_cols + 3 : AIR;
	p.page_cols = cols - p.page_x - AIR;
	if (p.page_cols > PAGE_MOST)
		p.page_cols = PAGE_MOST;
	p.y = p.rules ? 1 : 0;
	p.rows = rows - (p.rules ? 2 : 0);
	p.list_y = p.rows >= GAP_ROWS ? 2 : 1;
	return p;
}

static bool
is_inside(const struct explore *x)
{
	return x->showing == EXPLORE_INSIDE && x->inside;
}

static enum context
context(const struct app *app)
{
	return app->explore.filtering ? CONTEXT_line : CONTEXT_explore;
}

static void
shown(struct app *app)
{
	explore_start(&app->explore, app->config);
}

static enum did
changed(bool yes)
{
	return yes ? DID_CHANGE : DID_NOTHING;
}

/* ---- layout ---- */

static void
lay_page(struct app *app, int columns)
{
	struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);
	struct models m = {.catalog = x->catalog, .glyphs = models_glyphs_get(app->glyphs == glyphs_get(true)), .width = columns};
	struct card_of c = {x, n, &m, app->glyphs};
	uint32_t node = n ? (uint32_t)(n - x->nodes) : EXPLORE_NONE;

	if (!n || (x->laid.node == node && x->laid.version == x->version && x->laid.columns == columns &&
	    x->laid.showing == x->showing))
		return;
	if (x->laid.node != node || x->laid.showing != x->showing)
		x->page.top = x->page.mark = 0;
	x->laid.node = node;
	x->laid.version = x->version;
	x->laid.columns = columns;
	x->laid.showing = x->showing;
	if (x->showing == EXPLORE_LINEAGE)
		card_lay_lineage(&x->page, &c, columns);
	else if (x->showing == EXPLORE_CHANGES && n->model)
		card_lay_changes(&x->page, &c, columns);
	else if (x->showing == EXPLORE_LICENCE && n->model)
		card_lay_licence(&x->page, &c, columns, x->licence);
	else
		card_lay(&x->page, &c, columns);
}

static void
layout(struct app *app, int rows, int cols)
{
	struct explore *x = &app->explore;
	struct plan p = make_plan(app, rows, cols);
	size_t room = p.rows > p.list_y ? (size_t)(p.rows - p.list_y) : 1;

	if (!app->note.len)
		x->ask = EXPLORE_ASK_NOTHING;
	x->tree_height = (int)room;
	if (x->mark < x->top)
		x->top = x->mark;
	if (x->mark >= x->top + room)
		x->top = x->mark - room + 1;
	if (x->top + room > x->n_rows)
		x->top = x->n_rows > room ? x->n_rows - room : 0;
	if (is_inside(x)) {
		inside_fit(x->inside, p.rows - 2);
	} else {
		lay_page(app, p.page_cols);
		sheet_fit(&x->page, p.rows);
	}
}

/* ---- drawing ---- */

static void
put_count(const struct canvas *c, int y, size_t n, const char *what)
{
	struct runs r = {0};

	runs_add(&r, ROLE_text, 0, "%zu", n);
	runs_add(&r, ROLE_dim, 0, " %s", what);
	draw_runs(c, y, c->cols - runs_width(&r), &r);
	runs_done(&r);
}

/* "/ words", with the cursor where it has the keyboard. */
static void
draw_filter(const struct app *app, const struct canvas *c, const struct editor *ed, const char *hint, bool active)
{
	const char *s = buf_str(&ed->text);
	int x = draw_text(c, 0, 0, "/", active ? ROLE_accent : ROLE_dim, 0) + 1;

	if (!ed->text.len)
		draw_text(c, 0, x + active, hint, ROLE_dim, 0);
	draw_text(c, 0, x, s, active ? ROLE_text : ROLE_accent, 0);
	if (active && app->line.mode == LINE_CLOSED) {
		x += text_width(s, ed->at);
		c->g->cursor_y = c->y;
		c->g->cursor_x = c->x + (x < c->cols ? x : c->cols - 1);
	}
}

static void
draw_tree(const struct app *app, const struct canvas *c, int list_y)
{
	const struct explore *x = &app->explore;
	bool active = x->filtering && !(is_inside(x) && x->in_page);
	struct canvas filter = {c->g, c->y, c->x, 1, c->cols, c->glyphs};

	draw_filter(app, &filter, &x->filter, active ? _("words, fits, here, thinking, <2gb, licence:mit") : _("filter"), active);
	if (x->filtered && text_width(buf_str(&x->filter.text), x->filter.text.len) + 16 < c->cols)
		put_count(&filter, 0, x->n_hits, x->n_hits == 1 ? _("model") : _("models"));
	if (x->filter_err.kind)
		draw_text(c, list_y, 0, x->filter_err.text, ROLE_warn, 0);
	else if (!x->n_rows)
		draw_text(c, list_y, 0, _("no model matches"), ROLE_dim, 0);
	for (int y = list_y; !x->filter_err.kind && y < c->rows && x->top + (size_t)(y - list_y) < x->n_rows; y++) {
		size_t i = x->top + (size_t)(y - list_y);
		struct canvas row = {c->g, c->y + y, c->x, 1, c->cols, c->glyphs};

		model_row_draw(x, &x->nodes[x->rows[i]], i == x->mark, &row);
	}
}

static void
draw_page(const struct app *app, const struct canvas *c)
{
	const struct explore *x = &app->explore;
	struct canvas filter = {c->g, c->y, c->x, 1, c->cols, c->glyphs}, list = *c;

	if (!is_inside(x)) {
		sheet_draw(&x->page, c, x->in_page);
		return;
	}
	draw_filter(app, &filter, &x->find, x->filtering && x->in_page ? _("a key, a tensor, a token or its number") :
	    _("find a key, a tensor or a token"), x->filtering && x->in_page);
	list.y += 2;
	list.rows -= 2;
	inside_draw(x->inside, &list, x->in_page && !x->filtering);
}

/* What runs, over the last row. */
static void
draw_work(const struct app *app, const struct canvas *c)
{
	const struct explore_work *w = app->explore.work;
	uint64_t n = atomic_load(&w->n), size = atomic_load(&w->size);
	struct runs r = {0};

	runs_add(&r, ROLE_accent, 0, " %s", w->what);
	if (size)
		runs_add(&r, ROLE_text, 0, "  %3.0f", 100.0 * (double)n / (double)size);
	runs_add(&r, ROLE_dim, 0, "%s  Esc stops ", size ? " %" : "");
	draw_runs(c, c->rows - 1, c->cols - runs_width(&r), &r);
	runs_done(&r);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct explore *x = &app->explore;
	struct plan p = make_plan(app, c->rows, c->cols);
	struct canvas tree = {c->g, c->y + p.y, c->x + AIR, p.rows, p.tree_cols, c->glyphs};
	struct canvas page = {c->g, c->y + p.y, c->x + p.page_x, p.rows, p.page_cols, c->glyphs};

	if (p.rules) {
		draw_rule(c, 0);
		draw_rule(c, c->rows - 1);
	}
	if (x->err.kind) {
		draw_text(&tree, 0, 0, x->err.text, ROLE_warn, 0);
		return;
	}
	if (!x->catalog) {
		draw_text(&tree, 0, 0, _("reading the registries"), ROLE_dim, 0);
		return;
	}
	if (p.tree)
		draw_tree(app, &tree, p.list_y);
	if (p.page)
		draw_page(app, &page);
	for (int y = 0; p.tree && p.page && y < p.rows; y++)
		grid_puts(c->g, page.y + y, page.x - 2, page.x, c->glyphs->bar, ROLE_dim, 0);
	if (x->work)
		draw_work(app, p.tree ? &tree : &page);
}

static void
top(const struct app *app, struct runs *r)
{
	const struct explore *x = &app->explore;
	struct buf b = {0};

	if (x->machine.disk_free) {
		models_add_size(&b, x->machine.disk_free);
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, " free");
		buf_clear(&b);
	}
	if (x->machine.roof > 0) {
		models_add_size(&b, (uint64_t)x->machine.roof);
		runs_add(r, ROLE_dim, 0, " %s ", app->glyphs->dot);
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, "/s");
	}
	if (x->catalog) {
		if (r->n)
			runs_add(r, ROLE_dim, 0, " %s ", app->glyphs->dot);
		runs_add(r, ROLE_text, 0, "%zu", x->n_models);
		runs_add(r, ROLE_dim, 0, " models");
	}
	buf_done(&b);
}

/* ---- typing into a filter ---- */

static struct editor *
editor_of(struct explore *x)
{
	return is_inside(x) && x->in_page ? &x->find : &x->filter;
}

static void
filter_changed(struct explore *x)
{
	if (is_inside(x) && x->in_page)
		inside_filter(x->inside, buf_str(&x->find.text));
	else
		explore_filter(x);
}

static enum did
text(struct app *app, const char *s, size_t n)
{
	struct explore *x = &app->explore;

	x->ask = EXPLORE_ASK_NOTHING;
	if (!x->filtering)
		return DID_NOT;
	if (!editor_insert(editor_of(x), s, n))
		return DID_NOTHING;
	filter_changed(x);
	return DID_CHANGE;
}

static bool
move(struct explore *x, long rows)
{
	if (is_inside(x) && x->in_page)
		return inside_move(x->inside, rows);
	if (x->in_page)
		return sheet_move(&x->page, rows);
	if (!explore_move(x, rows))
		return false;
	if (x->showing == EXPLORE_INSIDE)
		x->showing = EXPLORE_CARD;
	if (x->showing == EXPLORE_LICENCE)
		explore_read_licence(x, explore_marked(x));
	return true;
}

static enum did
act_filter(struct app *app, enum action a)
{
	struct explore *x = &app->explore;
	struct editor *ed = editor_of(x);
	bool edited;

	if (a == ACTION_up || a == ACTION_down)
		return changed(move(x, a == ACTION_up ? -1 : 1));
	if (a == ACTION_send) {
		x->filtering = false;
		return DID_CHANGE;
	}
	if (a == ACTION_back || (a == ACTION_delete_left && !ed->text.len)) {
		x->filtering = false;
		editor_set(ed, "");
		filter_changed(x);
		return DID_CHANGE;
	}
	if (!editor_act(ed, a, &edited))
		return DID_NOT;
	if (edited)
		filter_changed(x);
	return changed(edited);
}

/* ---- actions ---- */

static enum did
show_page(struct app *app, enum explore_page page)
{
	struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);

	if (x->showing == page) {
		x->showing = EXPLORE_CARD;
		x->in_page = false;
		return DID_CHANGE;
	}
	if (!n || (page != EXPLORE_LINEAGE && !n->model)) {
		app_note(app, ROLE_dim, "mark a model of a registry first");
		return DID_CHANGE;
	}
	if (page == EXPLORE_LICENCE)
		explore_read_licence(x, n);
	x->showing = page;
	x->in_page = true;
	return DID_CHANGE;
}

/* Chat with what is marked, when it is here. */
static enum did
chat(struct app *app, const struct explore_node *n)
{
	struct err e = {0};
	struct buf name = {0};
	bool ok;

	if (!explore_add_name(&app->explore, n, &name))
		return DID_NOTHING;
	ok = app_change_model(app, buf_str(&name), &e);
	if (ok)
		app_show(app, VIEW_chat);
	buf_done(&name);
	return app_tell(app, ok, &e);
}

static enum did
offer(struct app *app, const struct explore_node *n)
{
	struct err e = {0};

	return app_tell(app, explore_offer(&app->explore, n, &e), &e);
}

static enum did
open_marked(struct app *app)
{
	struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);
	const struct catalog_model *link = x->in_page && !is_inside(x) ? sheet_marked(&x->page) : NULL;

	if (is_inside(x) && x->in_page)
		return changed(inside_fold(x->inside));
	if (link) {
		x->showing = EXPLORE_CARD;
		return changed(explore_show(x, link));
	}
	if (!n)
		return DID_NOTHING;
	if (n->kind <= EXPLORE_GENERATION)
		return changed(explore_fold(x));
	if (n->kind == EXPLORE_FILE && n->file->role != ENTRY_WEIGHTS) {
		app_note(app, ROLE_dim, "one chats with weights; this file goes along with them");
		return DID_CHANGE;
	}
	return n->where == EXPLORE_ABSENT ? offer(app, n) : chat(app, n);
}

static enum did
remove_marked(struct app *app, enum explore_ask asked)
{
	struct explore *x = &app->explore;
	struct err e = {0};

	if (asked == EXPLORE_ASK_REMOVE)
		return app_tell(app, explore_remove(x, &e), &e);
	return app_tell(app, explore_plan_removal(x, explore_marked(x), &e), &e);
}

static enum did
pick(struct app *app)
{
	struct explore *x = &app->explore;
	struct err e = {0};
	struct buf names = {0};

	if (!explore_pick(x, explore_marked(x), &e))
		return app_tell(app, false, &e);
	for (size_t i = 0; i < x->n_picked; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", x->picked[i]);
	app_note(app, ROLE_good, x->n_picked ? "to be compared: %s" : _("nothing is to be compared%s"), buf_str(&names));
	buf_done(&names);
	return DID_CHANGE;
}

static enum did
back(struct app *app)
{
	struct explore *x = &app->explore;

	if (explore_stop(x))
		return DID_CHANGE;
	if (is_inside(x) && x->in_page && x->find.text.len) {
		editor_set(&x->find, "");
		inside_filter(x->inside, "");
	} else if (x->showing != EXPLORE_CARD) {
		x->showing = EXPLORE_CARD;
		x->in_page = false;
	} else if (x->in_page) {
		x->in_page = false;
	} else if (x->filter.text.len) {
		editor_set(&x->filter, "");
		explore_filter(x);
	} else {
		app_show(app, VIEW_chat);
	}
	return DID_CHANGE;
}

static enum did
scroll(struct explore *x, enum action a)
{
	int height = is_inside(x) && x->in_page ? x->inside->height : x->in_page ? x->page.height : x->tree_height;
	long page = height > 2 ? height - 2 : 1;

	switch (a) {
	case ACTION_up:
	case ACTION_scroll_up:
		return changed(move(x, -1));
	case ACTION_down:
	case ACTION_scroll_down:
		return changed(move(x, 1));
	case ACTION_page_up:
		return changed(move(x, -page));
	case ACTION_page_down:
		return changed(move(x, page));
	case ACTION_scroll_top:
		return changed(move(x, -(1L << 30)));
	case ACTION_scroll_bottom:
		return changed(move(x, 1L << 30));
	default:
		return DID_NOT;
	}
}

static enum did
act(struct app *app, enum action a)
{
	struct explore *x = &app->explore;
	enum explore_ask asked = x->ask;
	struct err e = {0};

	x->ask = EXPLORE_ASK_NOTHING;
	if (x->filtering)
		return act_filter(app, a);
	switch (a) {
	case ACTION_open:
		return asked == EXPLORE_ASK_DOWNLOAD ? app_tell(app, explore_download(app, &e), &e) : open_marked(app);
	case ACTION_fold:
		return changed(is_inside(x) && x->in_page ? inside_fold(x->inside) : x->in_page ? false : explore_fold(x));
	case ACTION_filter:
		x->filtering = true;
		x->in_page &= is_inside(x);
		return DID_CHANGE;
	case ACTION_pane:
		x->in_page = !x->in_page;
		return DID_CHANGE;
	case ACTION_back:
		return back(app);
	case ACTION_lineage:
		return show_page(app, EXPLORE_LINEAGE);
	case ACTION_what_changed:
		return show_page(app, EXPLORE_CHANGES);
	case ACTION_licence:
		return show_page(app, EXPLORE_LICENCE);
	case ACTION_file_details:
		if (is_inside(x))
			return show_page(app, EXPLORE_INSIDE);
		return app_tell(app, explore_look_inside(x, explore_marked(x), &e), &e);
	case ACTION_download:
		return asked == EXPLORE_ASK_DOWNLOAD ? app_tell(app, explore_download(app, &e), &e) :
		    offer(app, explore_marked(x));
	case ACTION_verify:
		return app_tell(app, explore_verify(x, explore_marked(x), &e), &e);
	case ACTION_remove:
		return remove_marked(app, asked);
	case ACTION_compare_add:
		return pick(app);
	default:
		return scroll(x, a);
	}
}

static const enum action *
hints(const struct app *app)
{
	static const enum action group[] = {
		ACTION_fold, ACTION_lineage, ACTION_filter, ACTION_pane, ACTION_back, ACTION_palette, ACTION_help, ACTION_NONE,
	};
	static const enum action absent[] = {
		ACTION_open, ACTION_download, ACTION_lineage, ACTION_what_changed, ACTION_licence, ACTION_filter, ACTION_pane,
		ACTION_fold, ACTION_back, ACTION_help, ACTION_NONE,
	};
	static const enum action here[] = {
		ACTION_open, ACTION_file_details, ACTION_verify, ACTION_compare_add, ACTION_remove, ACTION_lineage,
		ACTION_what_changed, ACTION_filter, ACTION_pane, ACTION_back, ACTION_help, ACTION_NONE,
	};
	static const enum action page[] = {
		ACTION_pane, ACTION_page_up, ACTION_page_down, ACTION_lineage, ACTION_what_changed, ACTION_licence, ACTION_back,
		ACTION_help, ACTION_NONE,
	};
	static const enum action inside[] = {
		ACTION_fold, ACTION_filter, ACTION_page_up, ACTION_page_down, ACTION_scroll_bottom, ACTION_back, ACTION_help,
		ACTION_NONE,
	};
	static const enum action filter[] = {
		ACTION_send, ACTION_up, ACTION_down, ACTION_kill_line_left, ACTION_back, ACTION_NONE,
	};
	const struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);

	if (x->filtering)
		return filter;
	if (x->in_page)
		return is_inside(x) ? inside : page;
	if (!n || n->kind <= EXPLORE_GENERATION)
		return group;
	return n->where == EXPLORE_ABSENT ? absent : here;
}

/* Of those that need something marked. */
static const char *
why_not(const struct app *app, enum action a)
{
	const struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);
	bool is_model = n && n->kind >= EXPLORE_MODEL;

	switch (a) {
	case ACTION_download:
		return !is_model ? _("mark a model first") : NULL;
	case ACTION_verify:
	case ACTION_remove:
	case ACTION_compare_add:
	case ACTION_file_details:
		return !is_model ? _("mark a model first") : n->where == EXPLORE_ABSENT ? _("only of models on this machine") : NULL;
	case ACTION_what_changed:
	case ACTION_licence:
		return !is_model ? _("mark a model first") : !n->model ? _("no registry knows this model") : NULL;
	default:
		return NULL;
	}
}

/* The word for what a key does now. */
static const char *
word(const struct app *app, enum action a)
{
	const struct explore *x = &app->explore;
	const struct explore_node *n = explore_marked(x);

	switch (a) {
	case ACTION_open:
		return !x->in_page && n && n->kind >= EXPLORE_MODEL && n->where != EXPLORE_ABSENT ? _("chat") : _("open");
	case ACTION_back:
		return x->work ? _("stop") : _("back");
	case ACTION_send:
		return _("keep");
	case ACTION_kill_line_left:
		return _("empty");
	case ACTION_pane:
		return x->in_page ? _("tree") : _("card");
	case ACTION_what_changed:
		return _("what changed");
	case ACTION_file_details:
		return _("inside");
	case ACTION_compare_add:
		return _("compare");
	default:
		return NULL;
	}
}

static int
fds(const struct app *app, int fds[VIEW_FDS_MAX])
{
	return explore_fds(&app->explore, fds);
}

static bool
poll_explore(struct app *app)
{
	return explore_poll(&app->explore, app);
}

static bool
busy(const struct app *app)
{
	return explore_busy(&app->explore);
}

const struct view view_explore = {
	.keys = CONTEXT_explore, .open = ACTION_open_explore, .context = context, .act = act, .text = text, .layout = layout,
	.draw = draw, .hints = hints, .why_not = why_not, .word = word, .top = top, .shown = shown,
	.fds = fds, .poll = poll_explore, .busy = busy,
};
