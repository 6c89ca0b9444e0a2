/* The conversation that is open, in plain lines: its answers, its model, its settings, what is put into the prompt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/clipboard.h"
#include "tui/state/tune.h"
#include "tui/term/linear.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/view/chat_parts.h"

/* ---- answers ---- */

static enum linear_did
answer_again(struct linear *l)
{
	struct err e = {0};

	if (talk_regenerate(&l->app->talk, &e))
		return LINEAR_ASKED;
	return l->app->talk.n_needed ? linear_chat_full(l, FULL_AGAIN, NULL) : linear_fail(&e);
}

static enum linear_did
begin_anew(struct linear *l)
{
	struct err e = {0};

	if (!app_new_chat(l->app, &e))
		return linear_fail(&e);
	puts(_("A new conversation begins."));
	return LINEAR_DONE;
}

static enum linear_did
hide_thinking(struct linear *l)
{
	l->hides_thinking = !l->hides_thinking;
	linear_say(_("Thinking is %s now.\n"), l->hides_thinking ? "hidden" : "shown");
	return LINEAR_DONE;
}

static enum linear_did
read_all(struct linear *l)
{
	if (l->app->talk.n_turns == 0)
		puts(_("Nothing was said yet: type a question and press Enter."));
	else
		linear_print_turns(l, 0, l->app->talk.n_turns);
	return LINEAR_DONE;
}

/* To the clipboard, or into the file PATH. */
static enum linear_did
copy(struct linear *l, bool code, const char *path)
{
	struct buf text = {0}, what = {0};
	struct err e = {0};

	l->code_back = code && l->before == ACTION_copy_code ? l->code_back + 1 : 0;
	if (!chat_copy_text(l->app, code, l->code_back, &text, &what, &e))
		linear_fail(&e);
	else if (!*path && !clipboard_program(l->app->config))
		puts(_("No program is here that reaches a clipboard (wl-copy, xclip, xsel): give a file name after the command."));
	else if (!*path)
		clipboard_copy(l->app, buf_str(&text), text.len, buf_str(&what));
	else if (fs_exists(path) ? !err_set(&e, ERR_FAILED, "%s is there already", path) :
	    !fs_write_atomic(path, buf_str(&text), text.len, &e))
		linear_fail(&e);
	else
		linear_say(_("The %s is in %s: %zu bytes, exactly as the model wrote it.\n"), buf_str(&what), path, text.len);
	buf_done(&text);
	buf_done(&what);
	return LINEAR_DONE;
}

/* ---- finding words ---- */

/* A line with the words, of one turn. */
struct place {
	size_t turn, at, len;
};
struct places {
	const struct talk *t;
	struct place *list;
	size_t n;
};

static void
add_places(struct places *p, size_t turn, const char *key, bool folds)
{
	const struct buf *text = &p->t->turns[turn]->clean;
	struct buf line = {0};

	for (size_t at = 0, len; at < text->len; at += len + 1) {
		const char *eol = memchr(text->data + at, '\n', text->len - at);

		len = (eol ? (size_t)(eol - text->data) : text->len) - at;
		buf_clear(&line);
		if (folds)
			text_fold(&line, text->data + at, len);
		else
			buf_add(&line, text->data + at, len);
		if (!strstr(buf_str(&line), key))
			continue;
		p->list = mem_grow(p->list, p->n + 1, sizeof *p->list);
		p->list[p->n++] = (struct place){turn, at, len};
	}
	buf_done(&line);
}

/* As in the full screen: letters of either case, unless the words have a capital. */
static void
find_places(struct places *p, const char *words)
{
	bool folds = !text_has_capital(words, strlen(words));
	struct buf key = {0};

	if (folds)
		text_fold(&key, words, strlen(words));
	else
		buf_add_str(&key, words);
	for (size_t i = 0; key.len && i < p->t->n_turns; i++)
		add_places(p, i, buf_str(&key), folds);
	buf_done(&key);
}

static void
add_place(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct places *p = m->arg;
	const struct turn *t = p->t->turns[p->list[i].turn];

	buf_printf(out, "%s %zu: ", t->role == TURN_USER ? _("Question") : _("Answer"), p->list[i].turn / 2 + 1);
	text_clean_line(out, t->clean.data + p->list[i].at, p->list[i].len);
}

/* STEP 0: all of them. */
static void
tell_places(struct linear *l, struct places *p, int step)
{
	struct linear_menu m = {.question = _("Which one do you want to read as a whole?"), .n = p->n, .add = add_place, .arg = p};
	struct buf line = {0};
	size_t chosen;

	if (p->n == 0) {
		linear_say(_("\"%s\" is not in this conversation.\n"), buf_str(&l->found));
	} else if (step == 0) {
		linear_say(ngettext("%zu line has it:\n", "%zu lines have it:\n", p->n), p->n);
		chosen = linear_menu(l, &m);
		l->place = chosen < m.n ? chosen + 1 : 0;
		if (chosen < m.n)
			linear_print_turns(l, p->list[chosen].turn, p->list[chosen].turn + 1);
	} else {
		l->place = step > 0 ? l->place % p->n + 1 : l->place > 1 && l->place <= p->n ? l->place - 1 : p->n;
		add_place(&m, l->place - 1, &line);
		linear_say(_("Line %zu of %zu. %s\n"), l->place, p->n, buf_str(&line));
	}
	buf_done(&line);
}

static enum linear_did
find_words(struct linear *l, int step, const char *words)
{
	struct places p = {.t = &l->app->talk};
	struct buf answer = {0};

	if (step == 0 && linear_words(l, words, _("Type the words to look for in this conversation, or press Enter for none."), &answer)) {
		buf_clear(&l->found);
		text_clean_line(&l->found, buf_str(&answer), answer.len);
	}
	if (step && !l->found.len)
		puts(_("Nothing was looked for yet: :find asks for words."));
	if (step ? l->found.len : answer.len) {
		find_places(&p, buf_str(&l->found));
		tell_places(l, &p, step);
	}
	free(p.list);
	buf_done(&answer);
	return LINEAR_DONE;
}

/* ---- the model ---- */

/* What is on this machine is looked up by a thread: nothing else happens meanwhile. */
static void
wait_here(struct linear *l)
{
	struct explore *x = &l->app->explore;

	explore_start(x, l->app->config);
	while (!x->knows_here && explore_busy(x) && !l->signal)
		linear_wait(l, false, -1);
}

static void
add_model(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct line *line = m->arg;

	buf_printf(out, "%s (%s)", line->choices[i].text, line->choices[i].hint);
}

static enum linear_did
switch_model(struct linear *l, const char *name)
{
	const struct app *app = l->app;
	struct err e = {0};

	if (app->keep.model && strcmp(app->keep.model, name) == 0 && app->talk.status != TALK_FAILED) {
		linear_say(_("%s answers already.\n"), app->talk.name);
		return LINEAR_DONE;
	}
	if (!app_switch_model(l->app, name, &e))
		return linear_fail(&e);
	linear_say(l->app->talk.n_turns ? _("%s answers from now on, and reads what was said.\n") : _("%s answers from now on.\n"),
	    l->app->talk.name);
	return LINEAR_DONE;
}

static enum linear_did
take_model(struct linear *l, const char *words)
{
	struct line *line = &l->app->line;
	struct linear_menu menu = {.question = _("Which one shall answer from now on?"), .add = add_model, .arg = line};
	unsigned long n = linear_number(&words);
	enum linear_did did = LINEAR_DONE;
	size_t chosen;
	char *name;

	if (*words)
		return switch_model(l, words);
	if (!n || !line->n_choices) {
		wait_here(l);
		chat_model_list(l->app);
	}
	menu.n = line->n_choices;
	if (n > menu.n) {
		linear_say(_("There is no number %lu: type :model for the list.\n"), n);
		return LINEAR_DONE;
	}
	if (menu.n == 0) {
		puts(_("No model is on this machine: :explore finds one to download."));
		return LINEAR_DONE;
	}
	if (!n)
		puts(_("These models are on this machine:"));
	chosen = n ? n - 1 : linear_menu(l, &menu);
	if (chosen < menu.n) {
		name = mem_dup(line->choices[chosen].key);
		did = switch_model(l, name);
		free(name);
	}
	return did;
}

/* ---- settings ---- */

static enum linear_did
set_system(struct linear *l, const char *words)
{
	struct app *app = l->app;
	struct buf line = {0}, answer = {0};
	struct err e = {0};

	tune_write_line(app->talk.system, &line);
	if (!*words && line.len)
		linear_say(_("The system prompt of this conversation is: %s\n"), buf_str(&line));
	else if (!*words)
		puts(_("This conversation has no system prompt."));
	if (!linear_words(l, words, _("Type a new one, with \\n for a new line, none for no system prompt, or press Enter to keep it."),
	    &answer)) {
		;
	} else if (!chat_set_system(app, strcmp(buf_str(&answer), "none") == 0 ? "" : buf_str(&answer), &e)) {
		linear_fail(&e);
	} else {
		buf_clear(&line);
		tune_write_line(app->talk.system, &line);
		if (line.len)
			linear_say(_("The system prompt of this conversation is: %s\n"), buf_str(&line));
		else
			puts(_("This conversation has no system prompt any more."));
	}
	buf_done(&line);
	buf_done(&answer);
	return LINEAR_DONE;
}

static void
print_sampling(const struct talk *t)
{
	struct buf now = {0};

	tune_write_sampling(t, &now);
	linear_say(_("The settings of this conversation are: %s.\n"), buf_str(&now));
	buf_done(&now);
}

static enum linear_did
set_sampling(struct linear *l, const char *words)
{
	struct buf answer = {0};
	struct err e = {0};

	if (!*words)
		print_sampling(&l->app->talk);
	if (!linear_words(l, words, _("Type names and values, as temp 0.2 top-k 40, or press Enter to keep them."), &answer))
		;
	else if (!chat_set_sampling(l->app, buf_str(&answer), &e))
		linear_fail(&e);
	else
		print_sampling(&l->app->talk);
	buf_done(&answer);
	return LINEAR_DONE;
}

/* ---- the prompt ---- */

static enum linear_did
put_in(struct linear *l, const char *words)
{
	struct buf path = {0};
	struct err e = {0};

	if (!linear_words(l, words, _("Type the path of a text file, or press Enter for none."), &path))
		;
	else if (!chat_attach(l->app, buf_str(&path), &e))
		linear_fail(&e);
	else
		linear_say(_("The next question begins with %s.\n"), buf_str(&l->app->prompt.text));
	buf_done(&path);
	return LINEAR_DONE;
}

enum linear_did
linear_chat_ask(struct linear *l, const char *line)
{
	struct app *app = l->app;
	struct buf text = {0};
	struct err e = {0};
	enum linear_did did;

	chat_prompt_text(app, &text);
	buf_add_str(&text, line);
	if (talk_ask(&app->talk, buf_str(&text), &e))
		did = LINEAR_ASKED;
	else
		did = app->talk.n_needed ? linear_chat_full(l, FULL_ASK, buf_str(&text)) : linear_fail(&e);
	if (did == LINEAR_ASKED || app->talk.n_needed)
		editor_set(&app->prompt, "");
	buf_done(&text);
	return did;
}

/* There is no prompt to go on with: what was written is asked. */
static enum linear_did
write_question(struct linear *l)
{
	struct app *app = l->app;
	const char *text;
	struct err e = {0};

	if (!talk_is_free(&app->talk, &e) || !chat_write(app, &e))
		return linear_fail(&e);
	text = buf_str(&app->prompt.text);
	if (text[strspn(text, " \n\t")] != '\0')
		return linear_chat_ask(l, "");
	puts(_("Nothing was written."));
	return LINEAR_DONE;
}

/* ---- a full context ---- */

static void
add_way(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct fit_choice *c = &((const struct fit *)m->arg)->choices[i];

	buf_printf(out, "%s%s%s%s", c->text, *c->hint ? " (" : "", c->hint, *c->hint ? ")" : "");
}

static void
tell_full(const struct fit *f, enum full_what what)
{
	struct buf need = {0}, have = {0};

	format_count(&need, f->n_prompt);
	format_count(&have, f->n_ctx);
	if (what == FULL_GO_ON)
		linear_say(_("The answer has filled the context of %s tokens. It can go on:\n"), buf_str(&have));
	else
		linear_say(_("This does not fit: the prompt has %s tokens and the context holds %s. Nothing was sent. You can:\n"),
		    buf_str(&need), buf_str(&have));
	buf_done(&need);
	buf_done(&have);
}

enum linear_did
linear_chat_full(struct linear *l, enum full_what what, const char *text)
{
	struct app *app = l->app;
	struct linear_menu m = {.question = _("What shall be done?"), .add = add_way, .arg = &app->full.fit, .takes_questions = true};
	enum fit_kind kind = FIT_SHORTEN;
	struct err e = {0};
	size_t chosen;

	if (!chat_fit_find(app, what, text, &e))
		return linear_fail(&e);
	tell_full(&app->full.fit, what);
	m.n = app->full.fit.n;
	chosen = linear_menu(l, &m);
	if (chosen < m.n)
		kind = app->full.fit.choices[chosen].kind;
	if (kind == FIT_SHORTEN && !l->next && chosen != m.n + 1)
		puts(what == FULL_ASK ? _("Nothing was sent: type a shorter question.") : _("Nothing was changed."));
	if (kind == FIT_SHORTEN)
		return LINEAR_DONE;
	if (!chat_fit_do(app, kind, &e))
		return linear_fail(&e);
	if (app->talk.n_turns)
		return LINEAR_ASKED;
	puts(_("A new conversation begins."));
	return LINEAR_DONE;
}

enum linear_did
linear_chat_act(struct linear *l, enum action a, const char *words)
{
	switch (a) {
	case ACTION_open_chat:
		return read_all(l);
	case ACTION_regenerate:
		return answer_again(l);
	case ACTION_clear:
		return begin_anew(l);
	case ACTION_think:
		return hide_thinking(l);
	case ACTION_copy:
	case ACTION_copy_code:
		return copy(l, a == ACTION_copy_code, words);
	case ACTION_find:
		return find_words(l, 0, words);
	case ACTION_find_next:
		return find_words(l, 1, words);
	case ACTION_find_prev:
		return find_words(l, -1, words);
	case ACTION_stop:
		puts(_("Nothing is being answered. While an answer is written, Ctrl-C stops it and keeps what is there."));
		return LINEAR_DONE;
	case ACTION_model:
		return take_model(l, words);
	case ACTION_editor:
		return write_question(l);
	case ACTION_attach:
		return put_in(l, words);
	case ACTION_system:
		return set_system(l, words);
	case ACTION_sampling:
		return set_sampling(l, words);
	default:
		return LINEAR_NOT;
	}
}
