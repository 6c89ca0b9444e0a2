/* Commands in plain lines: by subject, by a part of their name, and why some have no meaning here. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/term/linear.h"
#include "tui/term/signals.h"

enum { COMMANDS_MAX = 20 };

/* What can be done here, as a person looks for it. */
static const struct subject {
	const char *title;
	enum action actions[COMMANDS_MAX];	/* ACTION_NONE at the end */
} subjects[] = {
	{N_("This conversation: its answers, questions and branches"),
	    {ACTION_open_chat, ACTION_clear, ACTION_regenerate, ACTION_edit, ACTION_branch_prev, ACTION_branch_next, ACTION_find,
	    ACTION_find_next, ACTION_find_prev, ACTION_copy, ACTION_copy_code, ACTION_think, ACTION_stop}},
	{N_("What is asked, and who answers: files, your editor, the model, its settings"),
	    {ACTION_attach, ACTION_editor, ACTION_model, ACTION_system, ACTION_sampling}},
	{N_("All conversations: open, search, rename, delete, export, import"),
	    {ACTION_chats, ACTION_chat_find, ACTION_chat_open, ACTION_chat_rename, ACTION_chat_delete, ACTION_chat_undelete,
	    ACTION_export, ACTION_chat_import}},
	{N_("Models: browse, download, verify, remove, where they come from"),
	    {ACTION_open_explore, ACTION_filter, ACTION_open, ACTION_download, ACTION_verify, ACTION_remove, ACTION_compare_add,
	    ACTION_lineage, ACTION_what_changed, ACTION_licence, ACTION_file_details}},
	{N_("Compare: the answers of two to four models, votes, ratings"),
	    {ACTION_open_compare, ACTION_compare_add, ACTION_compare_remove, ACTION_together, ACTION_words, ACTION_score,
	    ACTION_blind, ACTION_vote_1, ACTION_vote_2, ACTION_vote_3, ACTION_vote_4,
	    ACTION_vote_none, ACTION_reveal, ACTION_ratings, ACTION_compare_export}},
	{N_("Downloads: pause, try again, cancel"),
	    {ACTION_open_downloads, ACTION_pause, ACTION_retry, ACTION_cancel}},
	{N_("Figures: speed, memory, where the time goes, past runs"),
	    {ACTION_open_stats, ACTION_by_operation, ACTION_by_layer, ACTION_memory, ACTION_runs, ACTION_stats_export}},
	{N_("Tokens: how sure the model was, and going on from another one"),
	    {ACTION_open_lens, ACTION_token_next, ACTION_token_prev, ACTION_token_take}},
	{N_("minnow itself: settings, the log, commands, leaving"),
	    {ACTION_open_settings, ACTION_reset, ACTION_open_log, ACTION_palette, ACTION_help, ACTION_suspend, ACTION_quit}},
};

/* Why the others have no meaning; from the first to the last of action.def. */
static const struct reason {
	enum action first, last;
	const char *why;
} reasons[] = {
	{ACTION_back, ACTION_back, N_("Enter alone leaves a question, and Ctrl-C stops what is going on")},
	{ACTION_interrupt, ACTION_interrupt, N_("Ctrl-C stops an answer, and leaves where there is none")},
	{ACTION_redraw, ACTION_redraw, N_("what was said stays as it is; :chat reads the conversation again")},
	{ACTION_theme, ACTION_theme, N_("there are no colours")},
	{ACTION_mouse, ACTION_mouse, N_("the mouse is the terminal's")},
	{ACTION_bare, ACTION_bare, N_("these are the terminal's own lines already")},
	{ACTION_complete, ACTION_complete, N_("the first letters of a command will do, and :palette with a part of it finds it")},
	{ACTION_send, ACTION_send, N_("Enter sends what you typed")},
	{ACTION_focus, ACTION_focus, N_("there is one place only, the prompt")},
	{ACTION_fold, ACTION_fold, N_("a list is gone into by number")},
	{ACTION_pane, ACTION_pane, N_("there is one place only, the prompt")},
	{ACTION_play, ACTION_scrub_forward, N_("an answer stands there as a whole, and nothing is replayed")},
	{ACTION_scroll_up, ACTION_scroll_bottom, N_("nothing scrolls; :chat reads the conversation again")},
	{ACTION_newline, ACTION_newline, N_("a line of three quotes begins a question of several lines")},
	{ACTION_left, ACTION_undo, N_("the terminal edits the line; :editor opens your own editor")},
	{ACTION_vim_normal, ACTION_vim_change, N_("the terminal edits the line; :editor opens your own editor")},
};

const char *
linear_why_not(enum action a)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (a >= reasons[i].first && a <= reasons[i].last)
			return _(reasons[i].why);
	return _("it is for the full screen");
}

/* ---- lists of commands ---- */

struct commands {
	enum action actions[ACTION_COUNT];
	size_t n;
};

static void
add_subject(const struct linear_menu *m, size_t i, struct buf *out)
{
	(void)m;
	buf_add_str(out, _(subjects[i].title));
}

static void
add_command(const struct linear_menu *m, size_t i, struct buf *out)
{
	enum action a = ((const struct commands *)m->arg)->actions[i];

	buf_printf(out, ":%s. %s", action_name(a), action_help(a));
}

static enum linear_did
choose_command(struct linear *l, struct commands *c)
{
	struct linear_menu m = {.question = _("Which one do you want to run?"), .n = c->n, .add = add_command, .arg = c};
	size_t chosen = linear_menu(l, &m);

	if (chosen < m.n)
		linear_command(l, action_name(c->actions[chosen]));
	return LINEAR_DONE;
}

static enum linear_did
list_subject(struct linear *l, size_t i)
{
	struct commands c = {0};

	for (; subjects[i].actions[c.n]; c.n++)
		c.actions[c.n] = subjects[i].actions[c.n];
	return choose_command(l, &c);
}

/* The commands with WORDS in their name or in what they do. */
static enum linear_did
find_commands(struct linear *l, const char *words)
{
	struct commands c = {0};

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
		for (const enum action *a = subjects[i].actions; *a; a++)
			if (strcasestr(action_name(*a), words) || strcasestr(action_help(*a), words))
				c.actions[c.n++] = *a;
	if (c.n)
		return choose_command(l, &c);
	puts(_("No command has these words: :help lists all by subject."));
	return LINEAR_DONE;
}

static enum linear_did
help(struct linear *l, const char *words)
{
	struct linear_menu m = {.question = _("Which one do you want to hear about?"), .n = ARRAY_LEN(subjects), .add = add_subject};
	unsigned long n = linear_number(&words);
	size_t chosen;

	if (n >= 1 && n <= ARRAY_LEN(subjects))
		return list_subject(l, n - 1);
	if (*words)
		return find_commands(l, *words == ':' ? words + 1 : words);
	puts(_("A question is typed as it is and sent with Enter; a line of three quotes begins one of several lines.\n"
	    "A command begins with a colon, its first letters will do, and what it is about may follow, as :find-chat rain.\n"
	    "Ctrl-C stops an answer. At the prompt Ctrl-C and Ctrl-D leave.\n"
	    "There are commands for:"));
	chosen = linear_menu(l, &m);
	return chosen < m.n ? list_subject(l, chosen) : LINEAR_DONE;
}

enum linear_did
linear_help_act(struct linear *l, enum action a, const char *words)
{
	switch (a) {
	case ACTION_help:
		return help(l, words);
	case ACTION_palette:
	case ACTION_command:
		return find_commands(l, words);
	case ACTION_suspend:
		signals_stop_self();
		return LINEAR_DONE;
	case ACTION_quit:
		l->left = true;
		return LINEAR_DONE;
	default:
		return LINEAR_NOT;
	}
}
