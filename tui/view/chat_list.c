/* The chat's actions on kept conversations: the list at the left, and branches of the one that is open. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/view/chat_list.h"
#include "tui/view/chat_parts.h"

enum { TITLE_SHOWN = 40 };

static void
reload(struct app *app, int64_t mark)
{
	struct err e = {0};

	app->chats.seen = app->keep.changes;
	if (app->history && !chats_load(&app->chats, app->history, mark, &e))
		app_note(app, ROLE_warn, "%s", e.text);
}

/* The branches of the open conversation, while the list has the keyboard. */
static void
load_tree(struct app *app)
{
	struct history_tree t;
	struct err e = {0};

	if (!keep_has_branches(&app->talk)) {
		chats_set_tree(&app->chats, NULL);
	} else if (keep_read(&app->keep, &t, &e)) {
		chats_set_tree(&app->chats, &t);
		history_tree_done(&t);
	} else {
		app_note(app, ROLE_warn, "%s", e.text);
	}
}

void
chat_list_refresh(struct app *app)
{
	if (!app->chats.loaded || app->chats.seen != app->keep.changes)
		reload(app, app->chats.focus ? 0 : app->keep.chat);
}

bool
chat_list_is_open(const struct app *app, int cols)
{
	const struct chats *l = &app->chats;

	return l->open || (cols >= CHAT_LIST_ALWAYS && l->list.n && !l->folded);
}

static enum did
enter_list(struct app *app)
{
	struct chats *l = &app->chats;

	reload(app, app->keep.chat);
	if (l->list.n == 0) {
		app_note(app, ROLE_dim, "there are no conversations yet: the first begins with a question");
		return DID_CHANGE;
	}
	l->open = l->focus = true;
	l->folded = false;
	l->marked_branch = 0;
	load_tree(app);
	return DID_CHANGE;
}

void
chat_list_show(struct app *app, int64_t chat)
{
	enter_list(app);
	reload(app, chat);
}

static void
leave_list(struct app *app)
{
	struct err e = {0};

	app->chats.focus = app->chats.open = false;
	chats_set_tree(&app->chats, NULL);
	if (app->chats.words.len && !chats_search(&app->chats, app->history, "", &e))
		app_note(app, ROLE_warn, "%s", e.text);
}

static enum did
open_marked(struct app *app)
{
	const struct history_chat *chat = chats_marked(&app->chats);
	const struct chats_branch *to = chats_marked_branch(&app->chats);
	struct err e = {0};

	if (!app->chats.focus || !chat)
		return enter_list(app);
	if (to && chat->id == app->keep.chat && !keep_branch_to(&app->keep, &app->talk, to->message, &e))
		return app_tell(app, false, &e);
	if (chat->id != app->keep.chat && !app_open_chat(app, chat->id, true, &e))
		return app_tell(app, false, &e);
	leave_list(app);
	app->reading = false;
	transcript_bottom(&app->transcript);
	return DID_CHANGE;
}

/* The conversation an action is about: the marked one in the list, else the open one.  0: none, and a note says so. */
static int64_t
target(struct app *app, const char **title)
{
	const struct history_chat *chat = chats_marked(&app->chats);

	chat_list_refresh(app);
	if (!app->chats.focus)
		for (size_t i = 0; i < app->chats.list.n; i++)
			if (app->chats.list.chats[i].id == app->keep.chat)
				chat = &app->chats.list.chats[i];
	if (!chat || (!app->chats.focus && chat->id != app->keep.chat)) {
		app_note(app, ROLE_warn, "nothing was said yet");
		return 0;
	}
	*title = chat->title;
	return chat->id;
}

static enum did
rename_to(struct app *app, int64_t chat, const char *title)
{
	struct buf line = {0};
	struct err e = {0};
	bool ok;

	text_clean_line(&line, title, strlen(title));
	ok = history_rename(app->history, chat, buf_str(&line), &e);
	buf_done(&line);
	reload(app, 0);
	return app_tell(app, ok, &e);
}

static enum did
rename_chat(struct app *app)
{
	const char *title;
	int64_t chat = target(app, &title);

	if (!chat)
		return DID_CHANGE;
	if (app->words && *app->words)
		return rename_to(app, chat, app->words);
	line_open(&app->line, LINE_RENAME);
	editor_set(&app->line.editor, title);
	app->chats.target = chat;
	return DID_CHANGE;
}

static void
note_title(struct app *app, const char *before, const char *title, const char *after)
{
	struct buf line = {0};
	size_t n;

	text_clean_line(&line, title, strlen(title));
	n = text_fit(buf_str(&line), line.len, TITLE_SHOWN, NULL);
	app_note(app, ROLE_dim, "%s \"%.*s%s\"%s", before, (int)n, buf_str(&line), n < line.len ? app->glyphs->ellipsis : "",
	    after);
	buf_done(&line);
}

static enum did
delete_chat(struct app *app)
{
	const char *title;
	int64_t chat = target(app, &title);
	struct err e = {0};

	if (!chat)
		return DID_CHANGE;
	if (chat == app->keep.chat) {
		if (!talk_is_free(&app->talk, &e) || !app_new_chat(app, &e))
			return app_tell(app, false, &e);
		editor_set(&app->prompt, "");
	}
	if (!history_delete(app->history, chat, &e))
		return app_tell(app, false, &e);
	app_reopen_forget(app, chat);
	note_title(app, _("deleted"), title, app->chats.focus ? _(": u brings it back") : _(": \":undelete-chat\" brings it back"));
	reload(app, 0);
	if (app->chats.list.n == 0)
		leave_list(app);
	return DID_CHANGE;
}

static enum did
undelete_chat(struct app *app)
{
	int64_t chat = app->history ? history_deleted_last(app->history) : 0;
	const struct history_chat *marked;
	struct err e = {0};

	if (!chat) {
		app_note(app, ROLE_dim, "no conversation was deleted since yesterday");
		return DID_CHANGE;
	}
	if (!history_undelete(app->history, chat, &e))
		return app_tell(app, false, &e);
	/* The empty screen is mostly the one it was deleted from. */
	if (app->talk.n_turns == 0 && !app->prompt.text.len && !app_open_chat(app, chat, true, &e))
		return app_tell(app, false, &e);
	reload(app, chat);
	marked = chats_marked(&app->chats);
	if (marked && marked->id == chat)
		note_title(app, _("brought back"), marked->title, "");
	return DID_CHANGE;
}

static enum did
find(struct app *app)
{
	bool was = app->chats.focus;
	const char *words = app->words && *app->words ? app->words : NULL;
	struct err e = {0};

	enter_list(app);
	if (!app->chats.focus)
		return DID_CHANGE;
	if (words)
		return app_tell(app, chats_search(&app->chats, app->history, words, &e), &e);
	app->chats.was_focus = was;
	line_open(&app->line, LINE_FIND);
	editor_set(&app->line.editor, buf_str(&app->chats.words));
	return DID_CHANGE;
}

/* ---- the open conversation ---- */

static enum did
export_to(struct app *app, const char *path)
{
	struct err e = {0};

	if (!app_export(app, path, &e))
		return app_tell(app, false, &e);
	app_note(app, ROLE_good, "written to %s", path);
	return DID_CHANGE;
}

/* A file name of a title: letters and digits of any script, the rest as one hyphen. */
static void
make_file_name(struct buf *out, const char *title)
{
	size_t n = strlen(title);

	for (size_t at = 0, next; at < n && out->len < 60; at = next) {
		next = text_next(title, n, at);
		if (text_is_word(title + at, next - at))
			buf_add(out, title + at, next - at);
		else if (out->len && out->data[out->len - 1] != '-')
			buf_add_char(out, '-');
	}
	while (out->len && out->data[out->len - 1] == '-')
		buf_truncate(out, out->len - 1);
	buf_add_str(out, out->len ? ".md" : "conversation.md");
}

static enum did
export(struct app *app)
{
	struct buf name = {0};
	const char *title;
	struct err e = {0};

	if (app->chats.focus && !target(app, &title))
		return DID_CHANGE;
	/* What is written is what is seen. */
	if (app->chats.focus && chats_marked(&app->chats)->id != app->keep.chat &&
	    !app_open_chat(app, chats_marked(&app->chats)->id, true, &e))
		return app_tell(app, false, &e);
	if (app->words && *app->words)
		return export_to(app, app->words);
	chat_list_refresh(app);
	if (!target(app, &title))
		return DID_CHANGE;
	make_file_name(&name, title);
	line_open(&app->line, LINE_EXPORT);
	editor_set(&app->line.editor, buf_str(&name));
	buf_done(&name);
	return DID_CHANGE;
}

/* The question before the one that is edited; from the first one, the last again. */
static size_t
question_before(const struct talk *c, size_t at)
{
	for (size_t pass = 0; pass < 2; pass++, at = c->n_turns)
		for (size_t i = at < c->n_turns ? at : c->n_turns; i-- > 0;)
			if (c->turns[i]->role == TURN_USER)
				return i;
	return EDITING_NONE;
}

static enum did
edit(struct app *app)
{
	size_t at = question_before(&app->talk, app->editing == EDITING_NONE ? app->talk.n_turns : app->editing);
	struct err e = {0};

	if (!talk_is_free(&app->talk, &e))
		return app_tell(app, false, &e);
	if (at == EDITING_NONE) {
		app_note(app, ROLE_dim, "nothing was said yet");
		return DID_CHANGE;
	}
	if (app->editing == EDITING_NONE)
		app_leave_chat(app);
	app->editing = at;
	app->reading = app->chats.focus = false;
	chat_set_prompt(app, buf_str(&app->talk.turns[at]->raw));
	return DID_CHANGE;
}

static enum did
branch(struct app *app, int step)
{
	size_t at = transcript_branch(&app->transcript, &app->talk), row = app->transcript.top;
	struct err e = {0};

	if (at == app->talk.n_turns) {
		app_note(app, ROLE_dim, "there is one answer only here: \"regenerate\" makes another, \"edit\" another question");
		return DID_CHANGE;
	}
	at = keep_branch_at(&app->talk, at, step);
	if (at == app->talk.n_turns) {
		app_note(app, ROLE_dim, "this is the %s branch", step < 0 ? _("first") : _("last"));
		return DID_CHANGE;
	}
	if (!keep_branch(&app->keep, &app->talk, at, step, &e))
		return app_tell(app, false, &e);
	if (app->chats.focus)
		load_tree(app);
	if (app->transcript.away)
		transcript_hold(&app->transcript, row);
	return DID_CHANGE;
}

/* ---- keys ---- */

static enum did
move(struct app *app, enum action a)
{
	struct chats *l = &app->chats;
	long all = (long)(l->list.n + l->tree.n), page = 10, step;

	switch (a) {
	case ACTION_scroll_up:
		step = -1;
		break;
	case ACTION_scroll_down:
		step = 1;
		break;
	case ACTION_page_up:
		step = -page;
		break;
	case ACTION_page_down:
		step = page;
		break;
	case ACTION_scroll_top:
		step = -all;
		break;
	case ACTION_scroll_bottom:
		step = all;
		break;
	default:
		return DID_NOT;
	}
	return chats_move(l, step) ? DID_CHANGE : DID_NOTHING;
}

static enum did
act_in_list(struct app *app, enum action a)
{
	struct err e = {0};

	switch (a) {
	case ACTION_chats:
		app->chats.folded = true;
		leave_list(app);
		return DID_CHANGE;
	case ACTION_back:
		if (!app->chats.words.len) {
			leave_list(app);
			return DID_CHANGE;
		}
		if (!chats_search(&app->chats, app->history, "", &e))
			return app_tell(app, false, &e);
		load_tree(app);
		return DID_CHANGE;
	case ACTION_focus:
		leave_list(app);
		return DID_CHANGE;
	default:
		return move(app, a);
	}
}

enum did
chat_list_act(struct app *app, enum action a)
{
	enum did did = app->chats.focus ? act_in_list(app, a) : DID_NOT;

	if (did != DID_NOT)
		return did;
	switch (a) {
	case ACTION_chats:
		return enter_list(app);
	case ACTION_chat_open:
		return open_marked(app);
	case ACTION_chat_rename:
		return rename_chat(app);
	case ACTION_chat_delete:
		return delete_chat(app);
	case ACTION_chat_undelete:
		return undelete_chat(app);
	case ACTION_chat_find:
		return find(app);
	case ACTION_export:
		return export(app);
	case ACTION_edit:
		return edit(app);
	case ACTION_branch_prev:
		return branch(app, -1);
	case ACTION_branch_next:
		return branch(app, 1);
	default:
		return DID_NOT;
	}
}

/* ---- the line at the bottom, for words ---- */

void
chat_list_line_changed(struct app *app)
{
	struct err e = {0};

	if (app->line.mode == LINE_FIND && !chats_search(&app->chats, app->history, buf_str(&app->line.editor.text), &e))
		app_note(app, ROLE_warn, "%s", e.text);
}

enum did
chat_list_line_done(struct app *app, enum line_mode mode)
{
	const char *words = buf_str(&app->line.editor.text);

	switch (mode) {
	case LINE_FIND:
		return app->chats.list.n ? open_marked(app) : DID_CHANGE;
	case LINE_RENAME:
		return *words ? rename_to(app, app->chats.target, words) : DID_CHANGE;
	case LINE_EXPORT:
		return *words ? export_to(app, words) : DID_CHANGE;
	default:
		return DID_CHANGE;
	}
}

void
chat_list_line_left(struct app *app)
{
	if (app->line.mode == LINE_FIND && !app->chats.was_focus) {
		leave_list(app);
	} else if (app->line.mode == LINE_FIND) {
		buf_clear(&app->line.editor.text);
		chat_list_line_changed(app);
	}
}
