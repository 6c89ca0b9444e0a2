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

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/state/downloads.h"
#include "tui/i18n.h"
#include "tui/term/linear.h"
#include "tui/term/linear_compare.h"
#include "tui/term/signals.h"
#include "tui/view/chat_parts.h"

enum { LINE_BYTES_MAX = 4 << 20, SENTENCE_BYTES_MAX = 400 };

/* What is told of something long: no sooner than this, and this often where a tenth takes longer. */
#define TELL_AFTER_S 3.0
#define TELL_AT_LEAST_S 30.0

bool
linear_is_due(struct linear_progress *p, double done, double all)
{
	double now = clock_s();
	int tenth = all > 0 ? (int)(10 * done / all) : 0;

	if (p->told_s <= 0)
		*p = (struct linear_progress){now, tenth};
	if (now - p->told_s < (tenth != p->tenth ? TELL_AFTER_S : TELL_AT_LEAST_S))
		return false;
	*p = (struct linear_progress){now, tenth};
	return true;
}

/* ---- the answer ---- */

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

/* Half sentences are read out badly: how much of S ends with a sentence or a line, or with a word where those are long. */
static size_t
whole_sentences(const char *s, size_t n)
{
	static const char *const wide[] = {"。", "！", "？"};
	size_t word = 0;

	for (size_t i = n; i-- > 0;) {
		if (s[i] == '\n')
			return i + 1;
		if (i + 1 < n && s[i + 1] == ' ' && strchr(".?!:;", s[i]))
			return i + 2;
		for (size_t k = 0; k < ARRAY_LEN(wide); k++)
			if (n - i >= 3 && memcmp(s + i, wide[k], 3) == 0)
				return i + 3;
		if (!word && s[i] == ' ')
			word = i + 1;
	}
	return n <= SENTENCE_BYTES_MAX ? 0 : word ? word : n;
}

/* What B has beyond *PRINTED; ALL: nothing will follow soon. */
static void
print_growth(struct linear *l, enum part part, const struct buf *b, size_t *printed, bool all)
{
	size_t n = b->len - *printed;

	if (n && !all && l->interactive)
		n = whole_sentences(b->data + *printed, n);
	if (n)
		print_part(l, part, b->data + *printed, n);
	*printed += n;
}

static void
print_answer(struct linear *l)
{
	const struct talk *c = &l->app->talk;
	const struct turn *t = c->n_turns ? c->turns[c->n_turns - 1] : NULL;

	if (!t || t->role != TURN_MODEL)
		return;
	print_growth(l, PART_THINK, &t->thinking_clean, &l->printed_thinking, t->complete || t->clean.len || t->n_calls);
	print_growth(l, PART_ANSWER, &t->clean, &l->printed, t->complete || t->n_calls);
	for (; l->printed_calls < t->n_calls; l->printed_calls++) {
		const struct turn_call *call = &t->calls[l->printed_calls];
		struct buf b = {0};

		buf_printf(&b, "%s %s", call->name, call->arguments);
		print_part(l, PART_TOOL, b.data, b.len);
		buf_done(&b);
	}
}

/* ---- waiting ---- */

static void
take_signals(struct linear *l)
{
	int sig;

	while ((sig = signals_next())) {
		if (sig == SIGTSTP)
			signals_stop_self();
		else if (sig == SIGINT && l->interactive && talk_stop(&l->app->talk))
			;
		else if (sig == SIGINT && l->takes_interrupt)
			l->interrupted = true;
		else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			l->signal = sig;
	}
}

/* What is due without anything to read comes first. */
static int
time_to_wait(const struct linear *l, int timeout_ms)
{
	double due = app_due(l->app), wait = due > 0 ? (due - clock_s()) * 1000 + 1 : -1;

	if (due <= 0 || (timeout_ms >= 0 && timeout_ms < wait))
		return timeout_ms;
	return wait < 0 ? 0 : (int)wait;
}

void
linear_wait(struct linear *l, bool want_input, int timeout_ms)
{
	struct pollfd p[2 + APP_FDS_MAX] = {{want_input ? l->in_fd : -1, POLLIN, 0}, {l->signal_fd, POLLIN, 0}};
	int fds[APP_FDS_MAX], n = app_fds(l->app, fds);
	char bytes[4096];

	for (int i = 0; i < n; i++)
		p[2 + i] = (struct pollfd){fds[i], POLLIN, 0};
	if (poll(p, (nfds_t)(2 + n), time_to_wait(l, timeout_ms)) < 0 && errno != EINTR)
		l->ended = true;
	take_signals(l);
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

/* A long prompt takes a while before the first word. */
static void
tell_reading(struct linear *l, struct linear_progress *p)
{
	const struct talk *c = &l->app->talk;
	double left = talk_prompt_left(c);

	if (!l->interactive || c->status != TALK_READING || !linear_is_due(p, c->prompt_done, c->stats.n_prompt))
		return;
	printf(_("(Read so far: %u of %u tokens"), (unsigned)c->prompt_done, (unsigned)c->stats.n_prompt);
	if (left >= 1)
		printf(_(", about %.0f seconds to go"), left);
	printf(".)\n");
	fflush(stdout);
}

static bool
wait_answer(struct linear *l, struct err *e)
{
	struct linear_progress p = {0};
	const struct turn *t;

	while (talk_busy(&l->app->talk) && l->app->talk.status != TALK_FAILED && !l->signal) {
		tell_reading(l, &p);
		print_answer(l);
		linear_wait(l, false, -1);
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

/* ---- a conversation ---- */

/* When there was no room for the question, or not for all of the answer. */
static enum linear_did
offer_ways(struct linear *l)
{
	char *refused = l->app->talk.refused;
	enum linear_did did = LINEAR_DONE;

	l->app->talk.refused = NULL;
	if (refused)
		did = linear_chat_full(l, FULL_ASK, refused);
	else if (chat_is_cut(l->app))
		did = linear_chat_full(l, FULL_GO_ON, NULL);
	free(refused);
	return did;
}

static void
tell_unkept(struct linear *l)
{
	struct err e = {0};
	bool failed = l->app->history && history_failed(l->app->history, &e);

	if (failed && !l->told_unkept)
		linear_say(_("(This is not saved for now: %s.)\n"), e.text);
	l->told_unkept = failed;
}

static void
print_whole_answer(struct linear *l)
{
	struct err e = {0};
	const struct turn *t;

	l->printed = l->printed_thinking = l->printed_calls = 0;
	l->begun = false;
	l->token = 0;
	printf("%s: ", l->app->talk.name);
	fflush(stdout);
	if (!wait_answer(l, &e) && !l->signal)
		linear_say(_("%sThis went wrong: %s."), l->printed ? "\n" : "", e.text);
	t = l->app->talk.n_turns ? l->app->talk.turns[l->app->talk.n_turns - 1] : NULL;
	if (t && !t->err.kind && turn_ending(t))
		printf(_("\n(The answer ended: %s.)"), turn_ending(t));
	printf("\n\n");
	fflush(stdout);
}

static void
finish_answer(struct linear *l)
{
	do {
		print_whole_answer(l);
		keep_update(&l->app->keep, &l->app->talk);
		tell_unkept(l);
	} while (!l->signal && offer_ways(l) == LINEAR_ASKED);
}

static enum linear_did
compare_act(struct linear *l, enum action a, const char *words)
{
	return linear_compare_act(l->app, a, words, l->signal_fd, &l->signal);
}

/* The actions are looked for part by part. */
static enum linear_did (*const parts[])(struct linear *l, enum action a, const char *words) = {
	compare_act, linear_chats_act, linear_chat_act, linear_lens_act, linear_figures_act, linear_downloads_act,
	linear_explore_act, linear_settings_act, linear_log_act, linear_help_act,
};

void
linear_command(struct linear *l, const char *line)
{
	size_t name = strcspn(line, " ");
	enum action a = line_find(line, name), exact;
	const char *words = line + name + strspn(line + name, " ");
	enum linear_did did = LINEAR_NOT;
	char *alone = strndup(line, name);

	/* Some mean something only with keys, but here they can be asked about. */
	exact = action_find(alone);
	a = exact ? exact : a;
	free(alone);
	for (size_t i = 0; did == LINEAR_NOT && a != ACTION_NONE && i < ARRAY_LEN(parts); i++)
		did = parts[i](l, a, words);
	l->before = a;
	if (did == LINEAR_ASKED)
		finish_answer(l);
	else if (a == ACTION_NONE)
		linear_say(_("There is no command \"%s\". :help lists them.\n"), line);
	else if (did == LINEAR_NOT)
		linear_say(_("\"%s\" has no meaning in plain lines: %s.\n"), action_name(a), linear_why_not(a));
}

static void
ask_model(struct linear *l, const char *s)
{
	l->before = ACTION_NONE;
	if (linear_compare_is_open(l->app))
		linear_compare_ask(l->app, s, l->signal_fd, &l->signal);
	else if (linear_chat_ask(l, s) == LINEAR_ASKED)
		finish_answer(l);
}

/* Several lines, between two lines of three quotes. */
static void
ask_lines(struct linear *l)
{
	struct buf line = {0}, text = {0};
	bool sent;

	puts(_("Type the lines of your question; a line of three quotes sends it."));
	while ((sent = linear_line(l, _("Line"), &line)) && strcmp(buf_str(&line), "\"\"\"") != 0)
		buf_printf(&text, "%s%s", text.len ? "\n" : "", buf_str(&line));
	if (!sent || strspn(buf_str(&text), " \t\n") == text.len)
		puts(_("Nothing was asked."));
	else
		ask_model(l, buf_str(&text));
	buf_done(&line);
	buf_done(&text);
}

static void
take_line(struct linear *l, const char *s)
{
	const char *text = s + strspn(s, " \t");

	if (strcmp(text, "\"\"\"") == 0)
		ask_lines(l);
	else if ((*text == ':' || *text == '/') && text[1])
		linear_command(l, text + 1);
	else if (*text)
		ask_model(l, s);
	/* What was typed in the middle of something else. */
	while (l->next && !l->left && !l->signal) {
		char *next = l->next;

		l->next = NULL;
		linear_command(l, next);
		free(next);
	}
}

static void
wait_loaded(struct linear *l)
{
	struct linear_progress p = {0};

	while (l->app->talk.status == TALK_LOADING && !l->signal) {
		if (linear_is_due(&p, p.told_s > 0, 1))
			puts(_("(The model is still being loaded.)"));
		fflush(stdout);
		linear_wait(l, false, 1000);
	}
}

static void
greet(struct linear *l)
{
	struct talk *c = &l->app->talk;
	const struct downloads *q;

	app_need(l->app, VIEW_downloads);
	q = downloads_of(l->app);
	linear_tell_note(l);
	if (talk_note(c))
		linear_say(_("(chat.think = %s: %s.)\n"), l->app->config->chat_think, talk_note(c));
	if (q->n)
		linear_say(_("Downloads that are not done: %zu. Type :downloads to go on with them.\n"), q->n);
	linear_chats_begin(l);
}

static bool
converse(struct linear *l, struct err *e)
{
	struct talk *c = &l->app->talk;
	struct buf line = {0};

	linear_say(_("This is minnow in plain lines, and %s answers. Type a question and press Enter, or a command: :help lists what else "
	    "can be done, and :quit leaves.\n\n"), c->name);
	fflush(stdout);
	wait_loaded(l);
	/* A session from a file would talk to nobody; a person takes another model. */
	if (c->status == TALK_FAILED && l->echoes) {
		*e = c->err;
		return false;
	}
	if (c->status == TALK_FAILED)
		linear_say(_("%s could not be opened: %s. :model lists those that are here, :explore finds others.\n"), c->name, c->err.text);
	greet(l);
	while (!l->signal && !l->left && linear_line(l, linear_compare_is_open(l->app) ? _("All") : _("You"), &line)) {
		take_line(l, buf_str(&line));
		linear_tell_note(l);
	}
	if (l->interrupted && !l->left)
		l->signal = SIGINT;
	buf_done(&line);
	return true;
}

bool
term_linear_run(struct app *app, int in_fd, bool interactive, struct err *e)
{
	struct linear l = {.app = app, .in_fd = in_fd, .interactive = interactive, .echoes = !isatty(in_fd)};
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
	buf_done(&l.found);
	free(l.next);
	return ok;
}
