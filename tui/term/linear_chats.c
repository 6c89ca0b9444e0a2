/* Conversations in plain lines; see linear_chats.h. */
#include "tui/term/linear_chats.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/chats.h"
#include "tui/state/history_import.h"
#include "tui/text_clean.h"

enum { LISTED_MAX = 100 };

static void
print_clean(const char *s, size_t n)
{
	struct buf b = {0};

	text_clean(&b, s, n);
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_done(&b);
}

static void
print_line(const char *s)
{
	struct buf b = {0};

	text_clean_line(&b, s, strlen(s));
	fputs(buf_str(&b), stdout);
	buf_done(&b);
}

static enum linear_did
fail(const struct err *e)
{
	printf(_("That is not possible: %s.\n"), e->text);
	return LINEAR_DONE;
}

/* "3 new title": the number, which is taken off *WORDS; 0 without one. */
static unsigned long
take_number(const char **words)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)**words))
		return 0;
	n = strtoul(*words, &end, 10);
	if (*end && *end != ' ')
		return 0;
	*words = end + strspn(end, " ");
	return n;
}

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

static enum linear_did
list_chats(struct app *app, struct history_list *listed, const char *words)
{
	int64_t now = history_now_ms();
	struct err e = {0};

	if (!read_list(app, listed, words, &e))
		return fail(&e);
	if (listed->n == 0) {
		puts(*words ? _("Nothing was found.") : _("There are no conversations yet."));
		return LINEAR_DONE;
	}
	puts(*words ? _("These conversations hold it, the last first:") : _("These are your conversations, the last first:"));
	for (size_t i = 0; i < listed->n; i++) {
		const struct history_chat *c = &listed->chats[i];

		printf("%3zu. ", i + 1);
		print_line(*c->title ? c->title : _("(no title)"));
		printf(" (%s%s)\n", chats_group(c, now), c->id == app->keep.chat ? _(", this one") : "");
		if (c->snippet) {
			printf(_("     It says: "));
			print_line(c->snippet);
			putchar('\n');
		}
	}
	puts(_("Type :open-chat and a number to go on with one."));
	return LINEAR_DONE;
}

/* The conversation WORDS begins with the number of, else the open one; 0: neither, and that is told. */
static int64_t
target(const struct app *app, const struct history_list *listed, const char **words)
{
	unsigned long n = take_number(words);

	if (n > listed->n)
		printf(_("There is no number %lu: type :chats for the list.\n"), n);
	else if (n)
		return listed->chats[n - 1].id;
	else if (app->keep.chat)
		return app->keep.chat;
	else
		puts(_("Nothing was said yet. Type :chats for the list, and give a number of it."));
	return 0;
}

static void
print_turn(const struct talk *c, const struct turn *t)
{
	printf("%s: ", t->role == TURN_USER ? _("You") : t->kept.model ? t->kept.model : c->name);
	if (t->kept.n_branches > 1)
		printf(_("(%u of %u) "), t->kept.branch, t->kept.n_branches);
	fwrite(buf_str(&t->clean), 1, t->clean.len, stdout);
	for (size_t i = 0; i < t->n_calls; i++)
		printf(_("%scalls %s %s"), t->clean.len || i ? "\n" : "", t->calls[i].name, t->calls[i].arguments);
	if (turn_ending(t))
		printf(_("\n(The answer ended: %s.)"), turn_ending(t));
	printf("\n\n");
}

static void
print_all(const struct talk *c)
{
	for (size_t i = 0; i < c->n_turns; i++)
		print_turn(c, c->turns[i]);
}

void
linear_chats_begin(const struct app *app)
{
	const struct talk *c = &app->talk;
	size_t at = c->n_turns;

	if (at == 0)
		return;
	while (at > 0 && c->turns[--at]->role != TURN_USER)
		;
	puts(_("This conversation goes on where it was; :clear begins a new one, :chats lists all.\n"));
	for (; at < c->n_turns; at++)
		print_turn(c, c->turns[at]);
}

static enum linear_did
open_chat(struct app *app, const struct history_list *listed, const char *words)
{
	unsigned long n = take_number(&words);
	struct err e = {0};

	if (n < 1 || n > listed->n) {
		puts(_("Give a number of the list: type :chats or :find-chat first."));
		return LINEAR_DONE;
	}
	buf_clear(&app->note);
	if (!app_open_chat(app, listed->chats[n - 1].id, true, &e))
		return fail(&e);
	printf(_("This is \""));
	print_line(listed->chats[n - 1].title);
	printf(_("\", with %s.\n\n"), app->talk.name);
	print_all(&app->talk);
	if (app->note.len)
		printf("(%s.)\n", app->note.data);
	return LINEAR_DONE;
}

static enum linear_did
rename_chat(struct app *app, const struct history_list *listed, const char *words)
{
	int64_t chat = target(app, listed, &words);
	struct err e = {0};

	if (!chat)
		return LINEAR_DONE;
	if (!*words)
		puts(_("Give the new title after the command, or after the number."));
	else if (!history_rename(app->history, chat, words, &e))
		return fail(&e);
	else
		puts(_("It is renamed."));
	return LINEAR_DONE;
}

static enum linear_did
delete_chat(struct app *app, const struct history_list *listed, const char *words)
{
	int64_t chat = target(app, listed, &words);
	struct err e = {0};

	if (!chat)
		return LINEAR_DONE;
	if (chat == app->keep.chat && !app_new_chat(app, &e))
		return fail(&e);
	if (!history_delete(app->history, chat, &e))
		return fail(&e);
	app_reopen_forget(app, chat);
	puts(_("It is deleted. :undelete-chat brings it back."));
	return LINEAR_DONE;
}

static enum linear_did
undelete_chat(struct app *app)
{
	int64_t chat = app->history ? history_deleted_last(app->history) : 0;
	struct err e = {0};

	if (!chat)
		puts(_("No conversation was deleted since yesterday."));
	else if (!history_undelete(app->history, chat, &e))
		return fail(&e);
	else
		puts(_("The conversation deleted last is back. Type :chats for the list."));
	return LINEAR_DONE;
}

/* Turn of question N (from 1); n_turns: there is none. */
static size_t
find_question(const struct talk *c, unsigned long n)
{
	for (size_t i = 0; i < c->n_turns; i++)
		if (c->turns[i]->role == TURN_USER && --n == 0)
			return i;
	return c->n_turns;
}

static enum linear_did
edit(struct app *app, const char *words)
{
	struct talk *c = &app->talk;
	unsigned long n = take_number(&words);
	size_t at = n ? find_question(c, n) : c->n_turns;
	struct err e = {0};

	if (at < c->n_turns && *words)
		return talk_ask_at(c, at, words, &e) ? LINEAR_ASKED : fail(&e);
	if (c->n_turns == 0) {
		puts(_("Nothing was said yet."));
		return LINEAR_DONE;
	}
	puts(_("These are the questions:"));
	n = 0;
	for (size_t i = 0; i < c->n_turns; i++)
		if (c->turns[i]->role == TURN_USER) {
			printf("%3lu. ", ++n);
			print_clean(c->turns[i]->clean.data, c->turns[i]->clean.len);
			putchar('\n');
		}
	puts(_("Type :edit, a number and the new question to ask it as a branch."));
	return LINEAR_DONE;
}

static enum linear_did
branch(struct app *app, int step)
{
	struct talk *c = &app->talk;
	size_t at = keep_branch_at(c, c->n_turns, step);
	struct err e = {0};

	if (at == c->n_turns) {
		printf(_("This is the %s branch: :regenerate makes another answer, :edit another question.\n"),
		    step < 0 ? _("first") : _("last"));
		return LINEAR_DONE;
	}
	if (!keep_branch(&app->keep, c, at, step, &e))
		return fail(&e);
	for (; at < c->n_turns; at++)
		print_turn(c, c->turns[at]);
	return LINEAR_DONE;
}

static enum linear_did
export(struct app *app, const char *words)
{
	struct err e = {0};

	if (!*words)
		puts(_("Give a file name after the command: one that ends in .json is written as JSON, else as Markdown."));
	else if (!app_export(app, words, &e))
		return fail(&e);
	else
		printf(_("It is written to %s.\n"), words);
	return LINEAR_DONE;
}

static enum linear_did
import(struct app *app, struct history_list *listed, const char *words)
{
	struct history_imported i;
	struct buf told = {0};
	struct err e = {0};

	if (!*words) {
		puts(_("Give the name of a JSON file after the command: what minnow, llm, Open WebUI or LibreChat exported."));
		return LINEAR_DONE;
	}
	if (!app->history)
		err_set(&e, ERR_FAILED, "conversations are not kept");
	else if (history_import_file(app->history, words, &i, &e))
		history_imported_tell(&i, words, &told);
	if (!told.len)
		return fail(&e);
	printf("%s.\n", told.data);
	buf_done(&told);
	return list_chats(app, listed, "");
}

enum linear_did
linear_chats_act(struct app *app, struct history_list *listed, enum action a, const char *words)
{
	switch (a) {
	case ACTION_chats:
		return list_chats(app, listed, "");
	case ACTION_chat_find:
		return list_chats(app, listed, words);
	case ACTION_chat_open:
		return open_chat(app, listed, words);
	case ACTION_chat_rename:
		return rename_chat(app, listed, words);
	case ACTION_chat_delete:
		return delete_chat(app, listed, words);
	case ACTION_chat_undelete:
		return undelete_chat(app);
	case ACTION_edit:
		return edit(app, words);
	case ACTION_branch_prev:
		return branch(app, -1);
	case ACTION_branch_next:
		return branch(app, 1);
	case ACTION_export:
		return export(app, words);
	case ACTION_chat_import:
		return import(app, listed, words);
	default:
		return LINEAR_NOT;
	}
}
