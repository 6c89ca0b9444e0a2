/* Chat: the transcript, the prompt below it, and one line with the truth about context and speed. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/editor_keys.h"
#include "tui/text.h"
#include "tui/view/chat_list.h"
#include "tui/view/chat_parts.h"
#include "tui/view/view.h"
#include "tui/widget/chat_list.h"
#include "tui/widget/status.h"
#include "tui/widget/welcome.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, MARK = 2, RULES_ROWS = 12, LIST_MIN = 24, LIST_MAX = 36, ONE_PANE = 60 };

/* How the rows of the view are shared out. */
struct plan {
	int transcript, prompt, status;	/* first row of each */
	int transcript_rows, prompt_rows;
	int row, col;			/* of the cursor in the prompt */
	bool rules;
	int list_cols;			/* of the list of conversations, its bar not counted; 0: it is folded */
	bool list_alone;		/* in place of the transcript */
};

static int
prompt_columns(int cols)
{
	return cols - 2 * AIR - MARK > 1 ? cols - 2 * AIR - MARK : 1;
}

static struct plan
make_plan(const struct app *app, int rows, int cols)
{
	struct plan p = {.rules = rows >= RULES_ROWS - 2};
	const struct buf *text = &app->prompt.text;
	int rules = p.rules ? 2 : 0;
	int most = rows / 3 > 1 ? rows / 3 : 1;

	p.prompt_rows = wrap_measure(buf_str(text), text->len, prompt_columns(cols), app->prompt.at, &p.row, &p.col);
	if (p.row >= p.prompt_rows)
		p.prompt_rows = p.row + 1;
	if (p.prompt_rows > most)
		p.prompt_rows = most;
	p.transcript = p.rules ? 1 : 0;
	p.transcript_rows = rows - rules - p.prompt_rows - 1;
	p.prompt = p.transcript + p.transcript_rows + (p.rules ? 1 : 0);
	p.status = p.prompt + p.prompt_rows;
	p.list_alone = cols < ONE_PANE;
	if (chat_list_is_open(app, cols))
		p.list_cols = p.list_alone ? cols : cols / 5 < LIST_MIN ? LIST_MIN : cols / 5 > LIST_MAX ? LIST_MAX : cols / 5;
	return p;
}

static enum context
context(const struct app *app)
{
	if (app->chats.focus)
		return CONTEXT_chats;
	if (app->reading)
		return CONTEXT_transcript;
	if (chat_vim_is_on(app))
		return vim_context(&app->vim);
	return app->prompt.text.len ? CONTEXT_prompt : CONTEXT_empty;
}

static void
layout(struct app *app, int rows, int cols)
{
	struct plan p;
	int left;

	if (app->history && (app->chats.open || cols >= CHAT_LIST_ALWAYS))
		chat_list_refresh(app);
	chat_model_refresh(app);
	p = make_plan(app, rows, cols);
	left = p.list_cols && !p.list_alone ? p.list_cols + 1 : 0;
	app->prompt_columns = prompt_columns(cols);
	transcript_layout(&app->transcript, &app->talk, p.transcript_rows, cols - left - 2 * AIR);
	chats_scroll(&app->chats, p.transcript_rows);
}

static struct canvas
part(const struct canvas *c, int y, int rows)
{
	return (struct canvas){c->g, c->y + y, c->x + AIR, rows, c->cols - 2 * AIR, c->glyphs};
}

static void
draw_new_rows(const struct app *app, const struct canvas *c)
{
	struct runs r = {0};
	size_t n = transcript_new_rows(&app->transcript);

	if (n) {
		runs_add(&r, ROLE_accent, ATTR_BOLD, ngettext(" %s %zu new line", " %s %zu new lines", n), c->glyphs->down, n);
		draw_runs(c, c->rows - 1, c->cols - runs_width(&r), &r);
	}
	runs_done(&r);
}

static void
draw_prompt(const struct app *app, const struct canvas *c, const struct plan *p)
{
	const char *s = buf_str(&app->prompt.text);
	size_t n = app->prompt.text.len, at = 0;
	int first = p->row >= c->rows ? p->row - c->rows + 1 : 0, columns = c->cols - MARK > 1 ? c->cols - MARK : 1;

	draw_text(c, 0, 0, c->glyphs->prompt, app->reading || app->chats.focus ? ROLE_dim : ROLE_accent, 0);
	if (n == 0)
		draw_text(c, 0, MARK, app->reading || app->chats.focus ? _("Tab goes back to the prompt") : _("Ask something"), ROLE_dim, 0);
	for (int y = 0; at < n && y < first + c->rows; y++) {
		size_t len = wrap_row(s + at, n - at, columns);
		size_t drawn = len && s[at + len - 1] == '\n' ? len - 1 : len;

		if (y >= first)
			grid_put(c->g, c->y + y - first, c->x + MARK, c->x + c->cols, s + at, drawn, ROLE_text, 0);
		at += len;
	}
	if (!app->reading && !app->chats.focus && app->line.mode == LINE_CLOSED) {
		c->g->cursor_y = c->y + p->row - first;
		c->g->cursor_x = c->x + MARK + p->col;
		if (chat_vim_is_on(app))
			c->g->cursor_shape = app->vim.mode == VIM_INSERT ? CURSOR_BAR : CURSOR_BLOCK;
	}
}

/* What Enter will do, when it does something else than ask. */
static void
draw_editing(const struct app *app, const struct canvas *c, int y)
{
	struct runs r = {0};
	size_t n = 0;

	if (app->editing >= app->talk.n_turns)
		return;
	for (size_t i = 0; i <= app->editing; i++)
		n += app->talk.turns[i]->role == TURN_USER;
	runs_add(&r, ROLE_accent, 0, " question %zu ", n);
	runs_add(&r, ROLE_dim, 0, "is asked anew, Esc leaves it as it was ");
	draw_runs(c, y, c->cols - runs_width(&r) - 2, &r);
	runs_done(&r);
}

static void
draw_list(const struct app *app, const struct canvas *c, const struct plan *p)
{
	struct canvas list = {c->g, c->y + p->transcript, c->x, p->transcript_rows, p->list_cols, c->glyphs};

	chat_list_draw(app, &list);
	if (p->list_alone)
		return;
	for (int y = 0; y < p->transcript_rows; y++)
		grid_puts(c->g, list.y + y, c->x + p->list_cols, c->x + c->cols, c->glyphs->bar, ROLE_dim, 0);
	if (p->rules)
		grid_puts(c->g, c->y + p->prompt - 1, c->x + p->list_cols, c->x + c->cols, c->glyphs->tee, ROLE_dim, 0);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	struct plan p = make_plan(app, c->rows, c->cols);
	int left = p.list_cols && !p.list_alone ? p.list_cols + 1 : 0;
	struct canvas transcript = {c->g, c->y + p.transcript, c->x + left + AIR, p.transcript_rows, c->cols - left - 2 * AIR,
	    c->glyphs};
	struct canvas prompt = part(c, p.prompt, p.prompt_rows);
	struct canvas status = part(c, p.status, 1);
	int mode;

	if (p.rules) {
		draw_rule(c, 0);
		draw_rule(c, p.prompt - 1);
	}
	if (p.list_cols)
		draw_list(app, c, &p);
	if (p.list_cols && p.list_alone)
		;
	else if (app->talk.n_turns)
		transcript_draw(&app->transcript, &app->talk, &transcript);
	else
		welcome_draw(app, &transcript);
	if (!p.list_cols || !p.list_alone)
		draw_new_rows(app, &transcript);
	if (p.rules && app->transcript.find.on)
		chat_find_draw(app, c, p.prompt - 1);
	else if (p.rules)
		draw_editing(app, c, p.prompt - 1);
	else
		chat_find_draw(app, c, 0);
	draw_prompt(app, &prompt, &p);
	status.x += MARK;
	status.cols -= MARK;
	mode = chat_vim_draw(app, &status);
	status.x += mode;
	status.cols -= mode;
	status_draw(&app->talk, &status);
}

static enum did
changed(bool yes)
{
	return yes ? DID_CHANGE : DID_NOTHING;
}

static enum did
text(struct app *app, const char *s, size_t n)
{
	if (app->reading || app->chats.focus)
		return DID_NOT;
	if (chat_paste(app, s, n))
		return DID_CHANGE;
	if (!editor_insert(&app->prompt, s, n)) {
		app_note(app, ROLE_warn, "that does not fit: a prompt holds at most 4 MB");
		return DID_CHANGE;
	}
	chat_vim_settle(app);
	return DID_CHANGE;
}

static enum did
send(struct app *app)
{
	const char *s = buf_str(&app->prompt.text);
	bool edited = app->editing != EDITING_NONE, ok;
	struct buf sent = {0};

	if (strspn(s, " \n\t") == app->prompt.text.len) {
		if (!chat_is_cut(app))
			return DID_NOTHING;
		chat_fit_ask(app, FULL_GO_ON, NULL);
		return DID_CHANGE;
	}
	chat_prompt_text(app, &sent);
	ok = app_send(app, buf_str(&sent));
	buf_done(&sent);
	if (ok) {
		free(editor_take(&app->prompt));
		app->vim = (struct vim){0};
		chat_find_end(app);
		if (edited)
			chat_set_prompt(app, buf_str(&app->keep.draft));
	}
	transcript_bottom(&app->transcript);
	return DID_CHANGE;
}

bool
chat_copy_text(const struct app *app, bool code, size_t back, struct buf *out, struct buf *what, struct err *e)
{
	const struct turn *t = talk_last_answer(&app->talk);
	/* Without its thinking; one that only calls a tool is that call. */
	const struct buf *text = t && t->raw.len ? &t->raw : t ? &t->calls_raw : NULL;
	size_t n = t && code ? flow_code(buf_str(text), text->len, SIZE_MAX, out) : 0;

	if (!t)
		return err_set(e, ERR_NOT_FOUND, "there is no answer to copy yet");
	if (code && n == 0)
		return err_set(e, ERR_NOT_FOUND, "the last answer has no code block");
	if (code)
		(void)flow_code(buf_str(text), text->len, n - 1 - back % n, out);
	else
		buf_add(out, buf_str(text), text->len);
	if (n > 1)
		buf_printf(what, _("code block %zu of %zu"), n - back % n, n);
	else
		buf_add_str(what, code ? _("code block") : _("answer"));
	return true;
}

static enum did
copy(struct app *app, bool code)
{
	struct buf text = {0}, what = {0};
	struct err e = {0};

	app->code_back = code && app->before == ACTION_copy_code ? app->code_back + 1 : 0;
	if (chat_copy_text(app, code, app->code_back, &text, &what, &e))
		clipboard_copy(app, buf_str(&text), text.len, buf_str(&what));
	else
		app_note(app, ROLE_warn, "%s", e.text);
	buf_done(&text);
	buf_done(&what);
	return DID_CHANGE;
}

static enum did
toggle_thinking(struct app *app)
{
	struct transcript *t = &app->transcript;
	bool any = false;

	for (size_t i = 0; i < app->talk.n_turns; i++)
		any |= app->talk.turns[i]->thinking.len > 0;
	t->thinking = !t->thinking;
	if (!any)
		app_note(app, ROLE_dim, "thinking will be %s", t->thinking ? _("shown") : _("folded"));
	return DID_CHANGE;
}

static enum did
back(struct app *app)
{
	if (talk_stop(&app->talk) || chat_find_end(app))
		return DID_CHANGE;
	if (app->editing != EDITING_NONE) {
		app->editing = EDITING_NONE;
		chat_set_prompt(app, buf_str(&app->keep.draft));
		return DID_CHANGE;
	}
	if (app->transcript.away) {
		transcript_bottom(&app->transcript);
		return DID_CHANGE;
	}
	app->reading = !app->reading && app->talk.n_turns > 0;
	return DID_CHANGE;
}

static enum did
scroll(struct app *app, enum action a)
{
	struct transcript *t = &app->transcript;
	long page = t->height > 2 ? t->height - 2 : 1;

	switch (a) {
	case ACTION_scroll_up:
		return changed(transcript_scroll(t, -1));
	case ACTION_scroll_down:
		return changed(transcript_scroll(t, 1));
	case ACTION_page_up:
		return changed(transcript_scroll(t, -page));
	case ACTION_page_down:
		return changed(transcript_scroll(t, page));
	case ACTION_scroll_top:
		return changed(transcript_scroll(t, -(long)t->total));
	case ACTION_scroll_bottom:
		transcript_bottom(t);
		return DID_CHANGE;
	default:
		return DID_NOT;
	}
}

static enum did
edit(struct app *app, enum action a)
{
	struct editor *ed = &app->prompt;
	bool edited;

	if ((a == ACTION_delete_left || a == ACTION_kill_word_left) && chat_delete_chip(app))
		return DID_CHANGE;
	if (editor_act_lines(ed, a, app->prompt_columns, &edited))
		return changed(edited);
	if (a != ACTION_delete_or_quit)
		return DID_NOT;
	app->quit = ed->text.len == 0;
	return changed(editor_delete_right(ed));
}

static enum did
act_as_ever(struct app *app, enum action a)
{
	struct err e = {0};
	enum did did = chat_list_act(app, a);

	if (did == DID_NOT)
		did = chat_model_act(app, a);
	if (did == DID_NOT)
		did = chat_tune_act(app, a);
	if (did == DID_NOT)
		did = chat_attach_act(app, a);
	if (did == DID_NOT)
		did = chat_import_act(app, a);
	if (did == DID_NOT)
		did = chat_find_act(app, a);
	if (did != DID_NOT)
		return did;
	switch (a) {
	case ACTION_send:
		return send(app);
	case ACTION_stop:
		if (!talk_stop(&app->talk))
			app_note(app, ROLE_dim, "nothing is being answered");
		return DID_CHANGE;
	case ACTION_back:
		return back(app);
	case ACTION_regenerate:
		transcript_bottom(&app->transcript);
		if (talk_regenerate(&app->talk, &e))
			return DID_CHANGE;
		if (!app->talk.n_needed)
			return app_tell(app, false, &e);
		chat_fit_ask(app, FULL_AGAIN, NULL);
		return DID_CHANGE;
	case ACTION_clear:
		if (!app_new_chat(app, &e))
			return app_tell(app, false, &e);
		app->chats.focus = app->chats.open = app->reading = false;
		return DID_CHANGE;
	case ACTION_copy:
	case ACTION_copy_code:
		return copy(app, a == ACTION_copy_code);
	case ACTION_think:
		return toggle_thinking(app);
	case ACTION_focus:
		app->reading = !app->reading && app->talk.n_turns > 0;
		return DID_CHANGE;
	default:
		break;
	}
	did = scroll(app, a);
	return did == DID_NOT ? edit(app, a) : did;
}

static enum did
act(struct app *app, enum action a)
{
	bool away = app->reading || app->chats.focus;
	enum did did = chat_vim_act(app, a);

	if (did == DID_NOT)
		did = act_as_ever(app, a);
	/* Who comes back to the prompt comes to type. */
	if (away && !app->reading && !app->chats.focus)
		app->vim = (struct vim){0};
	chat_vim_settle(app);
	return did;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action empty[] = {
		ACTION_send, ACTION_newline, ACTION_regenerate, ACTION_chats, ACTION_palette, ACTION_copy, ACTION_focus,
		ACTION_quit, ACTION_help, ACTION_NONE,
	};
	static const enum action running[] = {
		ACTION_back, ACTION_newline, ACTION_page_up, ACTION_focus, ACTION_palette, ACTION_help, ACTION_NONE,
	};
	static const enum action reading[] = {
		ACTION_focus, ACTION_copy, ACTION_copy_code, ACTION_edit, ACTION_find, ACTION_page_up, ACTION_page_down,
		ACTION_scroll_bottom, ACTION_quit, ACTION_help, ACTION_NONE,
	};
	static const enum action reading_thought[] = {
		ACTION_focus, ACTION_copy, ACTION_think, ACTION_copy_code, ACTION_page_up, ACTION_page_down,
		ACTION_scroll_bottom, ACTION_quit, ACTION_help, ACTION_NONE,
	};
	static const enum action reading_on[] = {
		ACTION_back, ACTION_focus, ACTION_page_up, ACTION_page_down, ACTION_scroll_bottom, ACTION_help, ACTION_NONE,
	};

	static const enum action list[] = {
		ACTION_chat_open, ACTION_chat_find, ACTION_chat_rename, ACTION_chat_delete, ACTION_chat_undelete, ACTION_clear,
		ACTION_export, ACTION_chat_import, ACTION_focus, ACTION_help, ACTION_NONE,
	};

	static const enum action found[] = {
		ACTION_find_next, ACTION_find_prev, ACTION_find, ACTION_back, ACTION_focus, ACTION_copy, ACTION_page_up,
		ACTION_page_down, ACTION_help, ACTION_NONE,
	};

	const struct turn *last = talk_last_answer(&app->talk);

	if (app->chats.focus)
		return list;
	if (app->reading && app->transcript.find.on && !talk_running(&app->talk))
		return found;
	if (app->reading && !talk_running(&app->talk))
		return last && last->thinking.len ? reading_thought : reading;
	if (app->reading)
		return reading_on;
	if (chat_vim_is_on(app))
		return chat_vim_hints(app);
	return talk_running(&app->talk) ? running : empty;
}

static const char *
word(const struct app *app, enum action a)
{
	switch (a) {
	case ACTION_find_next:
		return _("next");
	case ACTION_find_prev:
		return _("previous");
	case ACTION_back:
		return app->transcript.find.on && !talk_running(&app->talk) ? _("no marks") : chat_vim_word(app, a);
	default:
		return chat_vim_word(app, a);
	}
}

/* Reached by name alone. */
static const enum action named[] = {
	ACTION_clear, ACTION_stop, ACTION_export, ACTION_chat_import, ACTION_attach, ACTION_system, ACTION_sampling, ACTION_NONE,
};

const struct view view_chat = {
	.keys = CONTEXT_chat, .open = ACTION_open_chat, .named = named, .context = context, .act = act, .text = text,
	.layout = layout, .draw = draw, .hints = hints, .other_key = chat_vim_other_key, .waits = chat_vim_waits,
	.word = word,
};
