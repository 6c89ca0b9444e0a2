/* The conversation that is open, in plain lines; see linear_chat.h. */
#include "tui/term/linear_chat.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/tune.h"
#include "tui/view/chat_parts.h"

static enum linear_did
fail(const struct err *e)
{
	printf(_("That is not possible: %s.\n"), e->text);
	return LINEAR_DONE;
}

/* ---- the model ---- */

/* What is on this machine is looked up by a thread: nothing else happens meanwhile. */
static void
wait_here(struct app *app)
{
	struct explore *x = &app->explore;

	explore_start(x, app->config);
	while (!x->knows_here && explore_busy(x)) {
		int fds[8], n = explore_fds(x, fds);
		struct pollfd p = {n ? fds[0] : -1, POLLIN, 0};

		if (poll(&p, 1, 5000) <= 0)
			return;
		(void)explore_poll(x, app);
	}
}

static enum linear_did
list_models(struct app *app)
{
	const struct line *l = &app->line;

	wait_here(app);
	chat_model_list(app);
	if (l->n_choices == 0) {
		puts(_("No model is on this machine: minnow pull downloads one."));
		return LINEAR_DONE;
	}
	puts(_("These models are on this machine:"));
	for (size_t i = 0; i < l->n_choices; i++)
		printf("%3zu. %s (%s)\n", i + 1, l->choices[i].text, l->choices[i].hint);
	puts(_("Type :model and a number, a name or a path to go on with it."));
	return LINEAR_DONE;
}

static enum linear_did
take_model(struct app *app, const char *words)
{
	const struct line *l = &app->line;
	struct err e = {0};
	char *end, *name;
	unsigned long n = isdigit((unsigned char)*words) ? strtoul(words, &end, 10) : 0;
	bool ok;

	if (!*words)
		return list_models(app);
	if (n && *end == '\0' && n > l->n_choices) {
		printf(_("There is no number %lu: type :model for the list.\n"), n);
		return LINEAR_DONE;
	}
	name = mem_dup(n && *end == '\0' ? l->choices[n - 1].key : words);
	ok = app_switch_model(app, name, &e);
	free(name);
	if (!ok)
		return fail(&e);
	printf(_("%s answers from now on.\n"), app->talk.name);
	return LINEAR_DONE;
}

/* ---- settings ---- */

static enum linear_did
set_system(struct app *app, const char *words)
{
	struct buf line = {0};
	struct err e = {0};

	if (*words && !chat_set_system(app, words, &e))
		return fail(&e);
	tune_write_line(app->talk.system, &line);
	if (line.len)
		printf(_("The system prompt of this conversation is: %s\n"), buf_str(&line));
	else
		puts(_("This conversation has no system prompt: give one after the command."));
	buf_done(&line);
	return LINEAR_DONE;
}

static enum linear_did
set_sampling(struct app *app, const char *words)
{
	struct buf now = {0};
	struct err e = {0};

	if (*words && !chat_set_sampling(app, words, &e))
		return fail(&e);
	tune_write_sampling(&app->talk, &now);
	printf(_("The settings of this conversation are: %s.\n"), buf_str(&now));
	buf_done(&now);
	return LINEAR_DONE;
}

static enum linear_did
put_in(struct app *app, const char *path)
{
	struct err e = {0};

	if (!*path)
		puts(_("Give the path of a text file after the command."));
	else if (!chat_attach(app, path, &e))
		return fail(&e);
	else
		printf(_("The next question begins with %s.\n"), buf_str(&app->prompt.text));
	return LINEAR_DONE;
}

/* ---- a full context ---- */

static void
print_full(const struct app *app, enum full_what what)
{
	const struct fit *f = &app->full.fit;
	struct buf need = {0}, have = {0};

	format_count(&need, f->n_prompt);
	format_count(&have, f->n_ctx);
	if (what == FULL_GO_ON)
		printf(_("The answer has filled the context of %s tokens. It can go on:\n"), buf_str(&have));
	else
		printf(_("This does not fit: the prompt has %s tokens and the context holds %s. Nothing was sent. You can:\n"),
		    buf_str(&need), buf_str(&have));
	for (size_t i = 0; i < f->n; i++)
		printf("%3zu. %s%s%s%s\n", i + 1, f->choices[i].text, *f->choices[i].hint ? " (" : "", f->choices[i].hint,
		    *f->choices[i].hint ? ")" : "");
	puts(_("Type a number, or another question."));
	buf_done(&need);
	buf_done(&have);
}

void
linear_chat_full(struct app *app, enum full_what what, const char *text)
{
	struct err e = {0};

	if (chat_fit_find(app, what, text, &e))
		print_full(app, what);
	else
		fail(&e);
}

enum linear_did
linear_chat_choose(struct app *app, const char *line)
{
	const struct fit f = app->full.fit;
	char *end;
	unsigned long n = isdigit((unsigned char)*line) ? strtoul(line, &end, 10) : 0;
	struct err e = {0};

	app->full.fit.n = 0;			/* whatever is typed, the menu is over */
	if (f.n == 0 || n == 0 || n > f.n || end[strspn(end, " .")] != '\0')
		return LINEAR_NOT;
	if (f.choices[n - 1].kind == FIT_SHORTEN) {
		puts(_("Nothing was sent: type a shorter question."));
		return LINEAR_DONE;
	}
	if (!chat_fit_do(app, f.choices[n - 1].kind, &e))
		return fail(&e);
	if (app->talk.n_turns == 0) {
		puts(_("A new conversation begins."));
		return LINEAR_DONE;
	}
	return LINEAR_ASKED;
}

bool
linear_chat_ask(struct app *app, const char *line, struct err *e)
{
	struct buf text = {0};
	bool ok;

	chat_prompt_text(app, &text);
	buf_add_str(&text, line);
	ok = talk_ask(&app->talk, buf_str(&text), e);
	if (ok || app->talk.n_needed)
		editor_set(&app->prompt, "");
	if (!ok && app->talk.n_needed)
		linear_chat_full(app, FULL_ASK, buf_str(&text));
	buf_done(&text);
	return ok;
}

/* There is no prompt to go on with: what was written is asked. */
static enum linear_did
write_question(struct app *app)
{
	const char *text;
	struct err e = {0};

	if (!talk_is_free(&app->talk, &e) || !chat_write(app, &e))
		return fail(&e);
	text = buf_str(&app->prompt.text);
	if (text[strspn(text, " \n\t")] == '\0') {
		puts(_("Nothing was written."));
		return LINEAR_DONE;
	}
	if (linear_chat_ask(app, "", &e))
		return LINEAR_ASKED;
	return app->talk.n_needed ? LINEAR_DONE : fail(&e);
}

enum linear_did
linear_chat_act(struct app *app, enum action a, const char *words)
{
	switch (a) {
	case ACTION_model:
		return take_model(app, words);
	case ACTION_editor:
		return write_question(app);
	case ACTION_attach:
		return put_in(app, words);
	case ACTION_system:
		return set_system(app, words);
	case ACTION_sampling:
		return set_sampling(app, words);
	default:
		return LINEAR_NOT;
	}
}
