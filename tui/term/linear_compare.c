/* Compare in plain lines; see linear_compare.h. */
#define _GNU_SOURCE
#include "tui/term/linear_compare.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/state/jobs.h"
#include "tui/state/ratings.h"
#include "tui/term/signals.h"
#include "tui/text_clean.h"
#include "tui/view/compare_impl.h"

static struct panel *
panel(struct app *app)
{
	return &compare_state(app)->panel;
}

bool
linear_compare_is_open(const struct app *app)
{
	return app->view == VIEW_compare;
}

bool
linear_compare_has(enum action a)
{
	return a == ACTION_open_compare || a == ACTION_together || (a >= ACTION_score && a <= ACTION_compare_export);
}

/* A note as a sentence. */
static void
tell_note(struct app *app)
{
	const char *s = buf_str(&app->note);

	if (*s)
		printf("%c%s%s\n", toupper((unsigned char)*s), s + 1, strchr(".?!:", app->note.data[app->note.len - 1]) ? "" : ".");
	buf_clear(&app->note);
	fflush(stdout);
}

/* ---- waiting ---- */

static bool
works(const struct panel *p)
{
	return panel_loading(p) || compare_running(&p->c) || panel_scoring(p);
}

static void
take_signals(struct panel *p, int *signal)
{
	int sig;

	while ((sig = signals_next())) {
		if (sig == SIGTSTP)
			signals_stop_self();
		else if (sig == SIGINT && compare_running(&p->c))
			compare_stop(&p->c);
		else if (sig == SIGINT && panel_scoring(p))
			jobs_cancel(p->jobs);
		else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			*signal = sig;
	}
}

/* Until nothing works any more; TELL after each step. */
static void
wait_done(struct app *app, int signal_fd, int *signal, void (*tell)(void *ctx), void *ctx)
{
	struct panel *p = panel(app);

	while (works(p) && !*signal) {
		struct pollfd fds[1 + COMPARE_MAX] = {{signal_fd, POLLIN, 0}};
		int at[COMPARE_MAX], n = panel_fds(p, at);

		for (int i = 0; i < n; i++)
			fds[1 + i] = (struct pollfd){at[i], POLLIN, 0};
		if (poll(fds, (nfds_t)(1 + n), -1) < 0 && errno != EINTR)
			return;
		take_signals(p, signal);
		(void)panel_poll(p);
		if (tell)
			tell(ctx);
	}
	if (tell)
		tell(ctx);
	tell_note(app);
}

/* ---- answers ---- */

struct telling {
	struct app *app;
	size_t at, told;		/* the answer that is being printed; bytes of it that are */
};

static void
print_name(const struct panel *p, size_t i)
{
	struct buf name = {0};

	panel_add_name(p, i, &name);
	printf("%c%s%s", (int)('A' + i), name.len ? ", " : "", buf_str(&name));
	buf_done(&name);
}

static void
print_figures(const struct pane *p)
{
	if (pane_first_s(p) >= 0)
		printf(_("(%u tokens; the first came after %.2f seconds"), (unsigned)p->stats.n_generated, pane_first_s(p));
	if (pane_first_s(p) >= 0 && pane_rate(p) > 0)
		printf(_(", the others at %.1f in a second"), pane_rate(p));
	if (pane_first_s(p) >= 0 && pane_energy(p) >= 0)
		printf(_(", for %.3f joules each"), pane_energy(p));
	printf(pane_first_s(p) >= 0 ? ".)\n" : "");
}

/* What is left of the answers; where names are hidden, only when all are there. */
static void
tell_answers(void *ctx)
{
	struct telling *t = ctx;
	struct panel *p = panel(t->app);

	while (t->at < p->c.n && !(p->hidden && compare_running(&p->c))) {
		const struct pane *one = &p->c.panes[t->at];
		bool over = one->status == PANE_DONE || one->status == PANE_FAILED;
		struct buf out = {0};

		if (!over && one->text.len == t->told)
			return;
		if (t->told == 0) {
			print_name(p, t->at);
			printf(": ");
		}
		text_clean(&out, buf_str(&one->text) + t->told, one->text.len - t->told);
		fwrite(buf_str(&out), 1, out.len, stdout);
		buf_done(&out);
		fflush(stdout);
		t->told = one->text.len;
		if (!over)
			return;
		if (one->status == PANE_FAILED)
			printf(_("%sThis went wrong: %s."), t->told ? "\n" : "", one->err.text);
		printf("\n");
		if (!p->hidden)
			print_figures(one);
		printf("\n");
		t->told = 0;
		t->at++;
	}
}

void
linear_compare_ask(struct app *app, const char *line, int signal_fd, int *signal)
{
	struct panel *p = panel(app);
	struct telling t = {.app = app};
	struct err e = {0};

	wait_done(app, signal_fd, signal, NULL, NULL);
	if (!panel_ask(p, line, &e)) {
		printf(_("That is not possible: %s.\n"), e.text);
		return;
	}
	if (p->hidden)
		puts(_("The models answer. Which is which is hidden until you vote."));
	wait_done(app, signal_fd, signal, tell_answers, &t);
	if (p->hidden && !*signal)
		printf(_("Type :vote-1 to :vote-%zu for the best answer, :vote-none when none is better, or :reveal.\n"), p->c.n);
	fflush(stdout);
}

/* ---- the rest ---- */

static void
list_names(const struct panel *p)
{
	for (size_t i = 0; i < p->n_seats; i++) {
		printf("%3zu. ", i + 1);
		print_name(p, i);
		puts(".");
	}
}

static void
list_models(struct app *app)
{
	const struct panel *p = panel(app);

	puts(_("These answer every question:"));
	list_names(p);
	printf(_("They answer %s%s.\n"), p->c.together ? _("all at once") : _("one after another"), p->blind ? _(", and are hidden until you vote") : "");
	puts(_("Type a question. :compare and names, as guide?temp=0, takes others; :add-to-compare and a name takes one more; "
	    ":remove-from-compare and a number takes one out; :chat goes back to the conversation."));
}

/* Words in a row that differ, each time in quotes. */
static void
print_words(const struct panel *p, size_t i)
{
	const struct textdiff *w = &p->words[i];
	bool any = false;

	printf(_("Only in %c: "), (int)('A' + i));
	for (size_t k = 0; k < w->n; k++) {
		size_t from = w->words[k].at, end;
		struct buf line = {0};

		if (!w->words[k].differs)
			continue;
		while (k + 1 < w->n && w->words[k + 1].differs)
			k++;
		end = w->words[k].at + w->words[k].len;
		text_clean_line(&line, p->clean[i].data + from, end - from);
		printf("%s\"%s\"", any ? ", " : "", buf_str(&line));
		buf_done(&line);
		any = true;
	}
	puts(any ? "." : _("nothing."));
}

static void
tell_words(struct panel *p)
{
	p->marks_words = true;
	panel_mark(p);
	if (!p->marked)
		puts(_("That is not possible: there are no answers yet."));
	for (size_t i = 0; p->marked && i < p->c.n; i++)
		print_words(p, i);
}

static void
tell_pair(const struct compare *c, size_t a, size_t b)
{
	const struct compare_pair *pair = &c->pairs[a][b];

	if (a < b && pair->same_vocab && pair->first_difference == SIZE_MAX)
		printf(_("%c and %c wrote the same tokens.\n"), (int)('A' + a), (int)('A' + b));
	else if (a < b && pair->same_vocab)
		printf(_("%c and %c part at token %zu.\n"), (int)('A' + a), (int)('A' + b), pair->first_difference + 1);
	if (pair->has_kl)
		printf(_("Along answer %c, what %c expects is %.4f nats a token away; both find the same token most probable in %.0f of "
		    "100 places.\n"), (int)('A' + a), (int)('A' + b), pair->kl, 100 * pair->same_top);
}

static void
tell_scores(const struct compare *c)
{
	for (size_t a = 0; c->scored && a < c->n; a++)
		for (size_t b = 0; b < c->n; b++)
			if (a != b && c->cross[a][b].known)
				printf(_("Answer %c surprises %c by %.2f bits a byte; %c itself by %.2f.\n"), (int)('A' + a), (int)('A' + b),
				    c->cross[a][b].bits_per_byte, (int)('A' + a), c->cross[a][a].bits_per_byte);
	for (size_t a = 0; c->scored && a < c->n; a++)
		for (size_t b = 0; b < c->n; b++)
			if (a != b)
				tell_pair(c, a, b);
}

static void
tell_table(const struct history_votes *v, const char *topic)
{
	struct ratings r;
	struct buf b = {0};

	ratings_compute(v, topic, &r);
	if (topic)
		text_clean_line(&b, topic, strlen(topic));
	printf(ngettext("%s%s: %zu vote, %zu of them blind.\n", "%s%s: %zu votes, %zu of them blind.\n", r.n_votes),
	    topic ? _("Topic ") : _("All topics"), buf_str(&b), r.n_votes, r.n_blind);
	for (size_t i = 0; i < r.n; i++) {
		const struct rating *m = &r.models[i];
		struct buf name = {0}, clean = {0};

		ratings_add_name(m, &name);
		text_clean_line(&clean, buf_str(&name), name.len);
		printf(_("%3zu. %s: %.0f points, give or take %.0f; best in %zu of %zu votes, even in %zu.\n"), i + 1, buf_str(&clean),
		    m->points, m->error, m->n_won, m->n_votes, m->n_even);
		buf_done(&name);
		buf_done(&clean);
	}
	ratings_done(&r);
	buf_done(&b);
}

static void
tell_ratings(struct app *app)
{
	struct history_votes v = {0};
	struct buf topics = {0};
	struct err e = {0};

	if (!compare_read_votes(app, &v, &e)) {
		printf(_("That is not possible: %s.\n"), e.text);
		return;
	}
	if (v.n == 0)
		puts(_("There are no votes yet. :compare, a question and :vote-1 give one."));
	ratings_topics(&v, &topics);
	if (v.n && strchr(buf_str(&topics), '\n') != buf_str(&topics) + topics.len - 1)
		tell_table(&v, NULL);
	for (const char *at = buf_str(&topics); *at; at += strcspn(at, "\n") + 1) {
		struct buf one = {0};

		buf_add(&one, at, strcspn(at, "\n"));
		tell_table(&v, buf_str(&one));
		buf_done(&one);
	}
	buf_done(&topics);
	history_votes_done(&v);
}

static void
remove_one(struct app *app, const char *words)
{
	struct compare_state *s = compare_state(app);
	unsigned long n = strtoul(words, NULL, 10);

	if (n < 1 || n > s->panel.c.n) {
		printf(_("Say the number of the model: 1 to %zu.\n"), s->panel.c.n);
		return;
	}
	s->focus = (int)n - 1;
	(void)app_act(app, ACTION_compare_remove, NULL);
	s->focus = -1;
	list_models(app);
}

/* Others, or one more, are loaded before anything is said of them. */
static void
open_models(struct app *app, enum action a, const char *words, int signal_fd, int *signal)
{
	(void)app_act(app, a, words);
	wait_done(app, signal_fd, signal, NULL, NULL);
	if (!*signal)
		list_models(app);
}

enum linear_did
linear_compare_act(struct app *app, enum action a, const char *words, int signal_fd, int *signal)
{
	bool open = linear_compare_is_open(app);

	if (a == ACTION_open_chat && open) {
		app_show(app, VIEW_chat);
		puts(_("Questions go to the conversation again."));
		return LINEAR_DONE;
	}
	if (a == ACTION_open_compare) {
		open_models(app, a, words, signal_fd, signal);
		return LINEAR_DONE;
	}
	if (a == ACTION_ratings) {
		tell_ratings(app);
		return LINEAR_DONE;
	}
	/* A number is one of Explore's list. */
	if (!linear_compare_has(a) && !(a == ACTION_compare_add && open && *words && !isdigit((unsigned char)*words)))
		return LINEAR_NOT;
	if (!open) {
		puts(_("Type :compare first."));
		return LINEAR_DONE;
	}
	switch (a) {
	case ACTION_compare_add:
		open_models(app, a, words, signal_fd, signal);
		break;
	case ACTION_compare_remove:
		remove_one(app, words);
		break;
	case ACTION_words:
		tell_words(panel(app));
		break;
	default:
		(void)app_act(app, a, words);
		if (a == ACTION_together)
			printf(_("The models answer %s.\n"), panel(app)->c.together ? _("all at once") : _("one after another"));
		if (a == ACTION_reveal && app->note.len == 0)
			list_names(panel(app));
		wait_done(app, signal_fd, signal, NULL, NULL);
		if (a == ACTION_score)
			tell_scores(&panel(app)->c);
		break;
	}
	return LINEAR_DONE;
}
