/* Kept conversations in plain lines: a numbered list, and what is done with one of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/state/chats.h"
#include "tui/state/history_import.h"
#include "tui/term/linear.h"
#include "tui/text_clean.h"

enum { LISTED_MAX = 1000, READ_TURNS = 4 };

static void
print_turn(const struct talk *c, const struct turn *t)
{
	linear_say("%s: ", t->role == TURN_USER ? _("You") : t->kept.model ? t->kept.model : c->name);
	if (t->kept.n_branches > 1)
		linear_say(_("(%u of %u) "), t->kept.branch, t->kept.n_branches);
	fwrite(buf_str(&t->clean), 1, t->clean.len, stdout);
	for (size_t i = 0; i < t->n_calls; i++)
		linear_say("%scalls %s %s", t->clean.len || i ? "\n" : "", t->calls[i].name, t->calls[i].arguments);
	if (turn_ending(t))
		linear_say(_("\n(The answer ended: %s.)"), turn_ending(t));
	linear_say("\n\n");
}

void
linear_print_turns(const struct linear *l, size_t from, size_t to)
{
	const struct talk *c = &l->app->talk;

	for (size_t i = from; i < to; i++)
		print_turn(c, c->turns[i]);
}

void
linear_chats_begin(const struct linear *l)
{
	const struct talk *c = &l->app->talk;
	size_t at = c->n_turns;

	if (at == 0)
		return;
	while (at > 0 && c->turns[--at]->role != TURN_USER)
		;
	puts(_("This conversation goes on where it was; :clear begins a new one, :chats lists all.\n"));
	linear_print_turns(l, at, c->n_turns);
}

static enum linear_did
open_at(struct linear *l, size_t i)
{
	struct app *app = l->app;
	const struct talk *c = &app->talk;
	size_t from;
	struct err e = {0};

	buf_clear(&app->note);
	if (l->listed.chats[i].id != app->keep.chat && !app_open_chat(app, l->listed.chats[i].id, true, &e))
		return linear_fail(&e);
	linear_say(_("This is \""));
	say_name(l->listed.chats[i].title);
	linear_say(_("\", with %s.\n\n"), c->name);
	from = c->n_turns > READ_TURNS ? c->n_turns - READ_TURNS : 0;
	if (from)
		linear_say(_("Before this there are %zu questions and answers: :chat reads all.\n\n"), from);
	linear_print_turns(l, from, c->n_turns);
	linear_tell_note(l);
	return LINEAR_DONE;
}

/* ---- the list ---- */

static bool
read_list(struct app *app, struct history_list *listed, const char *words, struct err *e)
{
	struct history_list list;

	if (!app->history)
		return err_set(e, ERR_FAILED, "conversations are not kept");
	if (!history_flush(app->history, e) || !history_find(app->history, words, LISTED_MAX, &list, e))
		return false;
	history_list_done(listed);
	*listed = list;
	return true;
}

static void
add_chat(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct linear *l = m->arg;
	const struct history_chat *c = &l->listed.chats[i];
	const char *title = *c->title ? c->title : _("(no title)");

	text_clean_line(out, title, strlen(title));
	buf_printf(out, " (%s%s)", chats_group(c, history_now_ms()), c->id == l->app->keep.chat ? _(", this one") : "");
	if (c->snippet) {
		buf_add_str(out, _(". It says: "));
		text_clean_line(out, c->snippet, strlen(c->snippet));
	}
}

static enum linear_did
list_chats(struct linear *l, const char *words)
{
	struct linear_menu m = {.question = _("Which one do you want to open?"), .add = add_chat, .arg = l};
	struct err e = {0};
	size_t i;

	if (!read_list(l->app, &l->listed, words, &e))
		return linear_fail(&e);
	m.n = l->listed.n;
	if (m.n == 0) {
		puts(*words ? _("Nothing was found.") : _("There are no conversations yet."));
		return LINEAR_DONE;
	}
	puts(*words ? _("These conversations hold it, the last first:") : _("These are your conversations, the last first:"));
	i = linear_menu(l, &m);
	return i < m.n ? open_at(l, i) : LINEAR_DONE;
}

static enum linear_did
find_chats(struct linear *l, const char *words)
{
	struct buf answer = {0};
	enum linear_did did = LINEAR_DONE;

	if (linear_words(l, words, _("Type the words to look for in all conversations, or press Enter for none."), &answer))
		did = list_chats(l, buf_str(&answer));
	buf_done(&answer);
	return did;
}

/* The conversation WORDS begins with the number of, else the open one; 0: neither, and that is told. */
static int64_t
target(const struct linear *l, const char **words)
{
	unsigned long n = linear_number(words);

	if (n > l->listed.n)
		linear_say(_("There is no number %lu: type :chats for the list.\n"), n);
	else if (n)
		return l->listed.chats[n - 1].id;
	else if (l->app->keep.chat)
		return l->app->keep.chat;
	else
		puts(_("Nothing was said yet. Type :chats for the list, and give a number of it."));
	return 0;
}

static enum linear_did
open_chat(struct linear *l, const char *words)
{
	unsigned long n = linear_number(&words);

	if (!n && !*words)
		return list_chats(l, "");
	if (n >= 1 && n <= l->listed.n)
		return open_at(l, n - 1);
	puts(_("Give a number of the list: type :chats or :find-chat first."));
	return LINEAR_DONE;
}

static enum linear_did
rename_chat(struct linear *l, const char *words)
{
	int64_t chat = target(l, &words);
	struct buf title = {0};
	struct err e = {0};

	if (!chat || !linear_words(l, words, _("Type the new title, or press Enter to keep the one it has."), &title))
		;
	else if (!history_rename(l->app->history, chat, buf_str(&title), &e))
		linear_fail(&e);
	else
		puts(_("It is renamed."));
	buf_done(&title);
	return LINEAR_DONE;
}

static enum linear_did
delete_chat(struct linear *l, const char *words)
{
	struct app *app = l->app;
	int64_t chat = target(l, &words);
	struct err e = {0};

	if (!chat)
		return LINEAR_DONE;
	if (chat == app->keep.chat && !app_new_chat(app, &e))
		return linear_fail(&e);
	if (!history_delete(app->history, chat, &e))
		return linear_fail(&e);
	app_reopen_forget(app, chat);
	puts(_("It is deleted. :undelete-chat brings it back."));
	return LINEAR_DONE;
}

static enum linear_did
undelete_chat(struct linear *l)
{
	struct history *h = l->app->history;
	int64_t chat = h ? history_deleted_last(h) : 0;
	struct err e = {0};

	if (!chat)
		puts(_("No conversation was deleted since yesterday."));
	else if (!history_undelete(h, chat, &e))
		return linear_fail(&e);
	else
		puts(_("The conversation deleted last is back. Type :chats for the list."));
	return LINEAR_DONE;
}

/* ---- questions and branches ---- */

/* Turn of question N (from 1); n_turns: there is none. */
static size_t
find_question(const struct talk *c, unsigned long n)
{
	for (size_t i = 0; i < c->n_turns; i++)
		if (c->turns[i]->role == TURN_USER && --n == 0)
			return i;
	return c->n_turns;
}

static void
add_question(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct talk *c = m->arg;
	const struct turn *t = c->turns[find_question(c, i + 1)];

	text_clean_line(out, buf_str(&t->clean), t->clean.len);
}

static enum linear_did
ask_at(struct linear *l, size_t at, const char *words)
{
	struct talk *c = &l->app->talk;
	struct buf text = {0};
	enum linear_did did = LINEAR_DONE;
	struct err e = {0};

	if (!linear_words(l, words, _("Type the question anew, or press Enter to leave it as it is."), &text))
		;
	else if (talk_ask_at(c, at, buf_str(&text), &e))
		did = LINEAR_ASKED;
	else
		did = linear_fail(&e);
	buf_done(&text);
	return did;
}

static enum linear_did
edit(struct linear *l, const char *words)
{
	struct talk *c = &l->app->talk;
	struct linear_menu m = {.question = _("Which one do you want to ask anew, as a branch?"), .add = add_question, .arg = c};
	unsigned long n = linear_number(&words);
	size_t at = n ? find_question(c, n) : c->n_turns;

	if (at < c->n_turns)
		return ask_at(l, at, words);
	for (size_t i = 0; i < c->n_turns; i++)
		m.n += c->turns[i]->role == TURN_USER;
	if (m.n == 0) {
		puts(_("Nothing was said yet."));
		return LINEAR_DONE;
	}
	puts(_("These are the questions:"));
	at = linear_menu(l, &m);
	return at < m.n ? ask_at(l, find_question(c, at + 1), "") : LINEAR_DONE;
}

static enum linear_did
branch(struct linear *l, int step)
{
	struct talk *c = &l->app->talk;
	size_t at = keep_branch_at(c, c->n_turns, step);
	struct err e = {0};

	if (at == c->n_turns) {
		linear_say(_("This is the %s branch: :regenerate makes another answer, :edit another question.\n"),
		    step < 0 ? "first" : "last");
		return LINEAR_DONE;
	}
	if (!keep_branch(&l->app->keep, c, at, step, &e))
		return linear_fail(&e);
	linear_print_turns(l, at, c->n_turns);
	return LINEAR_DONE;
}

/* ---- files ---- */

static enum linear_did
export(struct linear *l, const char *words)
{
	struct buf path = {0};
	struct err e = {0};

	if (!linear_words(l, words,
	    _("Type a file name, or press Enter for none: one that ends in .json is written as JSON, else as Markdown."), &path))
		;
	else if (!app_export(l->app, buf_str(&path), &e))
		linear_fail(&e);
	else
		linear_say(_("It is written to %s.\n"), buf_str(&path));
	buf_done(&path);
	return LINEAR_DONE;
}

static enum linear_did
import(struct linear *l, const char *words)
{
	struct history *h = l->app->history;
	struct history_imported i;
	struct buf path = {0}, told = {0};
	struct err e = {0};

	if (!linear_words(l, words, _("Type the name of a JSON file that minnow, llm, Open WebUI or LibreChat exported, or press Enter "
	    "for none."), &path))
		;
	else if (!(h ? history_import_file(h, buf_str(&path), &i, &e) : err_set(&e, ERR_FAILED, "conversations are not kept")))
		linear_fail(&e);
	else
		history_imported_tell(&i, buf_str(&path), &told);
	if (told.len)
		linear_say("%s.\n", told.data);
	buf_done(&path);
	if (!told.len)
		return LINEAR_DONE;
	buf_done(&told);
	return list_chats(l, "");
}

enum linear_did
linear_chats_act(struct linear *l, enum action a, const char *words)
{
	switch (a) {
	case ACTION_chats:
		return list_chats(l, "");
	case ACTION_chat_find:
		return find_chats(l, words);
	case ACTION_chat_open:
		return open_chat(l, words);
	case ACTION_chat_rename:
		return rename_chat(l, words);
	case ACTION_chat_delete:
		return delete_chat(l, words);
	case ACTION_chat_undelete:
		return undelete_chat(l);
	case ACTION_edit:
		return edit(l, words);
	case ACTION_branch_prev:
		return branch(l, -1);
	case ACTION_branch_next:
		return branch(l, 1);
	case ACTION_export:
		return export(l, words);
	case ACTION_chat_import:
		return import(l, words);
	default:
		return LINEAR_NOT;
	}
}
