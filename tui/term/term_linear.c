/* The same state as plain lines, append-only: for screen readers, pipes and terminals that cannot place text.
 * Who speaks is a prefix, everything else whole sentences; there is never an escape code. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/fs.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/term/linear_chat.h"
#include "tui/term/linear_chats.h"
#include "tui/term/linear_compare.h"
#include "tui/term/linear_explore.h"
#include "tui/term/linear_figures.h"
#include "tui/term/linear_find.h"
#include "tui/term/signals.h"
#include "tui/view/chat_parts.h"

enum { LINE_BYTES_MAX = 4 << 20 };

struct linear {
	struct app *app;
	int in_fd, signal_fd;
	struct buf in;			/* typed, not yet taken */
	bool ended;			/* no more input */
	bool interactive;
	int signal;			/* that asks to end */
	bool hides_thinking;
	struct linear_explore explore;
	struct history_list listed;	/* the conversations printed last */
	bool told_unkept;
	/* What is printed of the last answer. */
	size_t printed, printed_thinking, printed_calls;
	bool begun, in_line;		/* the last line is not ended */
	enum part part;			/* what came last */
};

static void
say(const char *s, size_t n)
{
	fwrite(s, 1, n, stdout);
	fflush(stdout);
}

/* A piece of the answer; what it is, is said where that changes.  A pipe gets no thinking. */
static void
print_part(struct linear *l, enum part part, const char *s, size_t n)
{
	if (part == PART_THINK && !l->interactive)
		return;
	if (!l->begun || part != l->part || part == PART_TOOL) {
		if (l->begun && l->in_line)
			say("\n", 1);
		if (part == PART_THINK)
			printf(_("thinking: %s"), l->hides_thinking ? _("(hidden)") : "");
		else if (part == PART_TOOL)
			printf(_("calls "));
		else if (l->begun && l->interactive)
			printf(_("answer: "));
	}
	l->begun = true;
	l->part = part;
	l->in_line = (part == PART_THINK && l->hides_thinking) || s[n - 1] != '\n';
	if (part != PART_THINK || !l->hides_thinking)
		say(s, n);
}

/* What the answer has grown by. */
static void
print_answer(struct linear *l)
{
	const struct talk *c = &l->app->talk;
	const struct turn *t = c->n_turns ? c->turns[c->n_turns - 1] : NULL;

	if (!t || t->role != TURN_MODEL)
		return;
	if (t->thinking_clean.len > l->printed_thinking) {
		print_part(l, PART_THINK, t->thinking_clean.data + l->printed_thinking,
		    t->thinking_clean.len - l->printed_thinking);
		l->printed_thinking = t->thinking_clean.len;
	}
	if (t->clean.len > l->printed) {
		print_part(l, PART_ANSWER, t->clean.data + l->printed, t->clean.len - l->printed);
		l->printed = t->clean.len;
	}
	for (; l->printed_calls < t->n_calls; l->printed_calls++) {
		const struct turn_call *call = &t->calls[l->printed_calls];
		struct buf b = {0};

		buf_printf(&b, "%s %s", call->name, call->arguments);
		print_part(l, PART_TOOL, b.data, b.len);
		buf_done(&b);
	}
}

/* Wait for whatever comes first: a line, a signal, the model. */
static void
wait_once(struct linear *l, bool want_input)
{
	struct pollfd p[2 + APP_FDS_MAX] = {{want_input ? l->in_fd : -1, POLLIN, 0}, {l->signal_fd, POLLIN, 0}};
	int fds[APP_FDS_MAX], n = app_fds(l->app, fds), sig;
	char bytes[4096];

	for (int i = 0; i < n; i++)
		p[2 + i] = (struct pollfd){fds[i], POLLIN, 0};
	if (poll(p, (nfds_t)(2 + n), -1) < 0 && errno != EINTR)
		l->ended = true;
	while ((sig = signals_next())) {
		if (sig == SIGINT && talk_running(&l->app->talk) && l->interactive)
			(void)talk_stop(&l->app->talk);
		else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			l->signal = sig;
		else if (sig == SIGTSTP)
			signals_stop_self();
	}
	if (p[0].revents) {
		ssize_t got = read(l->in_fd, bytes, sizeof bytes);

		if (got > 0 && l->in.len < LINE_BYTES_MAX)
			buf_add(&l->in, bytes, (size_t)got);
		else if (got == 0 || (got < 0 && errno != EINTR))
			l->ended = true;
	}
	(void)app_poll(l->app);
	keep_update(&l->app->keep, &l->app->talk);
}

static bool
wait_answer(struct linear *l, struct err *e)
{
	const struct turn *t;

	while (talk_busy(&l->app->talk) && l->app->talk.status != TALK_FAILED && !l->signal) {
		print_answer(l);
		wait_once(l, false);
	}
	print_answer(l);
	if (l->app->talk.status == TALK_FAILED) {
		*e = l->app->talk.err;
		return false;
	}
	if (l->signal)
		return err_set(e, ERR_CANCELLED, "interrupted");
	if (l->app->talk.refused && !l->interactive)
		return err_set(e, ERR_FAILED, "the prompt is %u tokens long and the context holds %u: nothing would be left for "
		    "an answer; shorten it or choose a longer context", l->app->talk.n_needed, l->app->talk.n_ctx);
	t = l->app->talk.n_turns ? l->app->talk.turns[l->app->talk.n_turns - 1] : NULL;
	if (t && t->err.kind) {
		*e = t->err;
		return false;
	}
	return true;
}

static bool
one_question(struct linear *l, struct err *e)
{
	struct buf text = {0};
	bool ok = fs_read_fd(&text, l->in_fd, "standard input", LINE_BYTES_MAX, e);

	while (text.len && strchr(" \n\r\t", text.data[text.len - 1]))
		buf_truncate(&text, text.len - 1);
	if (ok && text.len == 0)
		ok = err_set(e, ERR_USAGE, "there is no question: standard input is empty");
	/* A NUL would end the text early. */
	for (size_t i = 0; ok && i < text.len; i++)
		if (text.data[i] == '\0')
			ok = err_set(e, ERR_USAGE, "standard input is not text: byte %zu is NUL", i);
	if (ok && l->app->talk.status == TALK_FAILED) {
		*e = l->app->talk.err;
		ok = false;
	}
	ok = ok && talk_ask(&l->app->talk, buf_str(&text), e) && wait_answer(l, e);
	if (l->printed + l->printed_calls)
		say("\n", 1);
	buf_done(&text);
	return ok;
}

static void
print_help(const struct app *app)
{
	(void)app;
	printf(_("Type a question and press Enter. A line that begins with a colon is a command:\n"));
	for (enum action a = ACTION_NONE + 1; a < ACTION_newline; a++)
		if (a == ACTION_help || a == ACTION_quit || a == ACTION_regenerate || a == ACTION_clear ||
		    a == ACTION_think || (a >= ACTION_edit && a <= ACTION_chat_import) || a == ACTION_open_stats ||
		    (a >= ACTION_runs && a <= ACTION_stats_export) || a == ACTION_token_take || linear_explore_has(a) ||
		    linear_compare_has(a))
			printf("  :%s  %s.\n", action_name(a), action_help(a));
	printf(_("Ctrl-C stops an answer; at the prompt it leaves.\n"));
}

/* When there was no room for the question, or not for all of the answer. */
static void
offer_ways(struct linear *l)
{
	char *refused = l->app->talk.refused;

	l->app->talk.refused = NULL;
	if (refused)
		linear_chat_full(l->app, FULL_ASK, refused);
	else if (chat_is_cut(l->app))
		linear_chat_full(l->app, FULL_GO_ON, NULL);
	free(refused);
}

static void
finish_answer(struct linear *l)
{
	struct err e = {0};
	const struct turn *t;

	l->printed = l->printed_thinking = l->printed_calls = 0;
	l->begun = false;
	printf("%s: ", l->app->talk.name);
	fflush(stdout);
	if (!wait_answer(l, &e) && !l->signal)
		printf(_("%sThis went wrong: %s."), l->printed ? "\n" : "", e.text);
	t = l->app->talk.n_turns ? l->app->talk.turns[l->app->talk.n_turns - 1] : NULL;
	if (t && !t->err.kind && turn_ending(t))
		printf(_("\n(The answer ended: %s.)"), turn_ending(t));
	printf("\n\n");
	keep_update(&l->app->keep, &l->app->talk);
	offer_ways(l);
	if (l->app->history && history_failed(l->app->history, &e) && !l->told_unkept)
		printf(_("(This is not saved for now: %s.)\n"), e.text);
	l->told_unkept = l->app->history && history_failed(l->app->history, &e);
	fflush(stdout);
}

static void
take_command(struct linear *l, const char *s)
{
	size_t name = strcspn(s, " ");
	enum action a = line_find(s, name);
	const char *words = s + name + strspn(s + name, " ");
	enum linear_did did = linear_chats_act(l->app, &l->listed, a, words);
	struct err e = {0};

	if (did == LINEAR_NOT)
		did = linear_compare_act(l->app, a, words, l->signal_fd, &l->signal);
	if (did == LINEAR_NOT && linear_explore_act(l->app, &l->explore, l->signal_fd, a, words, &l->signal))
		return;
	if (did == LINEAR_NOT)
		did = linear_chat_act(l->app, a, words);
	if (did == LINEAR_NOT)
		did = linear_find_act(l->app, a, words);
	if (did == LINEAR_NOT)
		did = linear_figures_act(l->app, a, words);
	switch (did) {
	case LINEAR_ASKED:
		finish_answer(l);
		return;
	case LINEAR_DONE:
		return;
	case LINEAR_NOT:
		break;
	}
	switch (a) {
	case ACTION_quit:
		l->ended = true;
		return;
	case ACTION_help:
		print_help(l->app);
		return;
	case ACTION_clear:
		printf("%s\n", app_new_chat(l->app, &e) ? _("A new conversation begins.") : e.text);
		return;
	case ACTION_regenerate:
		if (talk_regenerate(&l->app->talk, &e))
			finish_answer(l);
		else if (l->app->talk.n_needed)
			linear_chat_full(l->app, FULL_AGAIN, NULL);
		else
			printf(_("That is not possible: %s.\n"), e.text);
		return;
	case ACTION_think:
		l->hides_thinking = !l->hides_thinking;
		printf(_("Thinking is %s now.\n"), l->hides_thinking ? _("hidden") : _("shown"));
		return;
	case ACTION_NONE:
		printf(_("There is no command \"%s\". :help lists them.\n"), s);
		return;
	default:
		printf(_("\"%s\" needs the full screen.\n"), action_name(a));
	}
}

static void
take_line(struct linear *l, char *s)
{
	enum linear_did did = LINEAR_NOT;
	struct err e = {0};

	s[strcspn(s, "\r")] = '\0';
	if (s[strspn(s, " \t")] == '\0')
		return;
	if ((*s == ':' || *s == '/') && s[1])
		take_command(l, s + 1);
	else if (linear_compare_is_open(l->app))
		linear_compare_ask(l->app, s, l->signal_fd, &l->signal);
	else if ((did = linear_chat_choose(l->app, s)) == LINEAR_ASKED || (did == LINEAR_NOT && linear_chat_ask(l->app, s, &e)))
		finish_answer(l);
	else if (did == LINEAR_NOT && !l->app->talk.n_needed)
		printf(_("That is not possible: %s.\n"), e.text);
}

/* A line that is complete, or what is left at the end of the input; the caller owns it. */
static char *
next_line(struct linear *l)
{
	const char *eol = l->in.len ? memchr(l->in.data, '\n', l->in.len) : NULL;
	size_t len = eol ? (size_t)(eol - l->in.data) : l->in.len;
	char *line;

	if (!eol && (!l->ended || l->in.len == 0))
		return NULL;
	line = strndup(l->in.data, len);
	buf_erase(&l->in, 0, len + (eol != NULL));
	return line;
}

static bool
converse(struct linear *l, struct err *e)
{
	struct talk *c = &l->app->talk;

	printf(_("minnow, %s. Type a question and press Enter; :help explains more, :quit leaves.\n\n"), c->name);
	fflush(stdout);
	while (c->status == TALK_LOADING && !l->signal)
		wait_once(l, false);
	if (c->status == TALK_FAILED) {
		*e = c->err;
		return false;
	}
	if (l->app->note.len)
		printf("(%s.)\n\n", l->app->note.data);
	if (talk_note(c))
		printf(_("(chat.think = %s: %s.)\n\n"), l->app->config->chat_think, talk_note(c));
	linear_chats_begin(l->app);
	while (!l->signal) {
		char *line;

		printf(linear_compare_is_open(l->app) ? _("All: ") : _("You: "));
		fflush(stdout);
		while (!(line = next_line(l)) && !l->ended && !l->signal)
			wait_once(l, true);
		if (line)
			take_line(l, line);
		free(line);
		if (!line || (l->ended && l->in.len == 0))
			break;
	}
	printf("\n");
	return true;
}

bool
term_linear_run(struct app *app, int in_fd, bool interactive, struct err *e)
{
	struct linear l = {.app = app, .in_fd = in_fd, .interactive = interactive};
	bool ok;

	l.signal_fd = signals_open(e);
	if (l.signal_fd < 0)
		return false;
	ok = interactive ? converse(&l, e) : one_question(&l, e);
	keep_update(&app->keep, &app->talk);
	signals_close();
	history_list_done(&l.listed);
	linear_explore_done(&l.explore);
	app->quit_signal = interactive && l.signal != SIGINT ? l.signal : 0;
	buf_done(&l.in);
	return ok;
}
