/* What to do when something does not fit into the context, or an answer has filled it: the person is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/view/chat_parts.h"

static struct talk_prompt
prompt_of(const struct app *app, enum full_what what, const char *text)
{
	const struct talk *c = &app->talk;
	struct talk_prompt p = {.at = c->n_turns, .left_out = c->n_left_out};

	if (what == FULL_ASK) {
		p.text = text;
		p.at = app->editing < c->n_turns ? app->editing : c->n_turns;
	} else if (p.at > 0 && c->turns[p.at - 1]->role == TURN_MODEL) {
		p.at--;
		p.begun = what == FULL_GO_ON ? c->turns[p.at] : NULL;
	}
	if (p.left_out > p.at)
		p.left_out = 0;
	return p;
}

bool
chat_fit_find(struct app *app, enum full_what what, const char *text, struct err *e)
{
	struct talk_prompt p = prompt_of(app, what, text);
	struct full *f = &app->full;

	free(f->text);
	*f = (struct full){.what = what, .text = text ? mem_dup(text) : NULL};
	return app->talk.session ? fit_find(&app->talk, &p, what == FULL_GO_ON, &f->fit, e) :
	    err_set(e, ERR_FAILED, "no model is loaded");
}

bool
chat_is_cut(const struct app *app)
{
	const struct talk *c = &app->talk;

	return c->n_turns && turn_is_cut(c->turns[c->n_turns - 1]) && talk_is_free(c, &(struct err){0});
}

/* Again what did not fit before. */
static bool
repeat(struct app *app, struct err *e)
{
	struct full *f = &app->full;

	switch (f->what) {
	case FULL_AGAIN:
		return talk_regenerate(&app->talk, e);
	case FULL_GO_ON:
		return talk_go_on(&app->talk, app->talk.n_turns - 1, e);
	case FULL_ASK:
		break;
	}
	return app->editing < app->talk.n_turns ? talk_ask_at(&app->talk, app->editing, f->text, e) :
	    talk_ask(&app->talk, f->text, e);
}

static bool
begin_anew(struct app *app, struct err *e)
{
	char *text = app->full.text;
	bool ok;

	app->full.text = NULL;
	app->editing = EDITING_NONE;
	chat_set_prompt(app, "");		/* or it would stay here as a draft */
	ok = app_new_chat(app, e) && (!text || talk_ask(&app->talk, text, e));
	if (!ok && text)
		chat_set_prompt(app, text);
	free(text);
	return ok;
}

bool
chat_fit_do(struct app *app, enum fit_kind kind, struct err *e)
{
	struct full *f = &app->full;
	struct talk *c = &app->talk;
	size_t before = c->n_left_out;
	bool ok = true;

	if (kind == FIT_SHORTEN)
		return true;
	if (!talk_is_free(c, e))
		return false;
	if (kind == FIT_NEW)
		return begin_anew(app, e);
	if (kind == FIT_LEAVE_OUT)
		talk_leave_out(c, f->fit.left_out);
	else
		ok = talk_widen(c, f->fit.wide, kvtype_find(app->config->chat_kv), e);
	ok = ok && repeat(app, e);
	if (!ok) {
		talk_leave_out(c, before);
		return false;
	}
	app->editing = EDITING_NONE;
	/* Once the turns have names: what the model is sent is part of the conversation. */
	keep_update(&app->keep, c);
	keep_settings(&app->keep, c);
	return true;
}

/* ---- the full screen ---- */

static void
taken(struct app *app, const char *key)
{
	const struct fit_choice *x = fit_choice_find(&app->full.fit, key);
	bool asked = app->full.what == FULL_ASK;
	struct err e = {0};

	app->reading = false;
	if (!x || x->kind == FIT_SHORTEN) {
		app_note(app, ROLE_dim, asked ? N_("nothing was sent: the message is in the prompt") : N_("nothing was changed"));
	} else if (!chat_fit_do(app, x->kind, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
	} else if (asked) {
		free(editor_take(&app->prompt));
		attach_done(&app->attaches);
		transcript_bottom(&app->transcript);
	}
}

void
chat_fit_ask(struct app *app, enum full_what what, const char *text)
{
	const struct fit *f = &app->full.fit;
	struct buf need = {0}, have = {0};
	struct ask ask = {.taken = taken};
	struct err e = {0};

	if (!chat_fit_find(app, what, text, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
		return;
	}
	format_count(&need, f->n_prompt);
	format_count(&have, f->n_ctx);
	if (what == FULL_GO_ON)
		snprintf(ask.label, sizeof ask.label, "%s", _("the context is full:"));
	else
		snprintf(ask.label, sizeof ask.label, _("%s tokens do not fit into %s:"), buf_str(&need), buf_str(&have));
	app_choose(app, &ask);
	for (size_t i = 0; i < f->n; i++)
		line_add_choice(&app->line, f->choices[i].text, f->choices[i].hint, f->choices[i].key);
	line_match(&app->line);
	buf_done(&need);
	buf_done(&have);
}

void
chat_fit_poll(struct app *app)
{
	struct talk *c = &app->talk;
	char *text = c->refused;
	struct buf all = {0};

	if (!text || app->line.mode != LINE_CLOSED || !app->display)
		return;
	c->refused = NULL;
	if (c->n_turns && c->turns[c->n_turns - 1]->role == TURN_USER) {	/* it was to be answered again */
		chat_fit_ask(app, FULL_AGAIN, NULL);
	} else {
		buf_add_str(&all, text);
		if (app->prompt.text.len) {			/* what was typed meanwhile */
			buf_add_char(&all, '\n');
			chat_prompt_text(app, &all);
		}
		chat_set_prompt(app, buf_str(&all));
		chat_fit_ask(app, FULL_ASK, buf_str(&all));
	}
	buf_done(&all);
	free(text);
}
