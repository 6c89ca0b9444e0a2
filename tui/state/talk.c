/* The conversation; see talk.h. */
#include "tui/state/talk.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"
#include "tui/i18n.h"
#include "tui/state/load.h"
#include "tui/state/talk_impl.h"
#include "tui/text_clean.h"

/* One cell of the sparkline covers at least this much generating. */
#define SPARK_S 0.25

enum { EVENTS_AT_ONCE = 64 };

void
talk_init(struct talk *c, const struct talk_options *o)
{
	struct buf name = {0};

	*c = (struct talk){.status = TALK_LOADING, .sampling = o->sampling, .max_tokens = o->max_tokens,
	    .think = o->think, .speculate = o->speculate};
	text_clean_line(&name, o->name, strlen(o->name));
	c->name = mem_dup(buf_str(&name));
	c->system = mem_dup(o->system ? o->system : "");
	buf_done(&name);
}

static void
drop_turns(struct talk *c, size_t keep)
{
	while (c->n_turns > keep)
		turn_free(c->turns[--c->n_turns]);
	c->generation++;
	if (keep < c->n_left_out)
		c->n_left_out = 0;
}

void
talk_take_model(struct talk *c, struct session **session, struct model **model, struct engine **engine)
{
	bool closes = load_free(c->load);

	*session = c->session;
	*model = closes ? c->model : NULL;
	*engine = closes ? c->engine : NULL;
	c->load = NULL;
	c->session = NULL;
	c->model = NULL;
	c->engine = NULL;
}

void
talk_done(struct talk *c)
{
	struct session *session;
	struct model *model;
	struct engine *engine;

	talk_take_model(c, &session, &model, &engine);
	session_close(session);
	model_close(model);
	engine_free(engine);
	drop_turns(c, 0);
	meter_done(&c->meter);
	free(c->turns);
	free(c->pending);
	free(c->refused);
	free(c->name);
	free(c->system);
	*c = (struct talk){0};
}

static void
fail(struct talk *c, const struct err *why)
{
	c->status = TALK_FAILED;
	c->err = *why;
	free(c->pending);
	c->pending = NULL;
}

void
talk_open(struct talk *c, struct load *load, const struct err *why)
{
	c->load = load;
	if (!load)
		fail(c, why);
}

int
talk_fds(const struct talk *c, int fds[2])
{
	int n = 0;

	if (c->load)
		fds[n++] = load_wake_fd(c->load);
	if (c->session)
		fds[n++] = session_wake_fd(c->session);
	return n;
}

bool
talk_running(const struct talk *c)
{
	return c->status == TALK_READING || c->status == TALK_ANSWERING;
}

/* Reading ahead is for nobody's sake any more. */
static void
stop_rereading(struct talk *c)
{
	struct event ev;
	bool last = !c->rereading;

	c->wants_reading = false;
	if (c->rereading)
		session_cancel(c->session);
	while (!last && session_wait(c->session, &ev)) {
		last = ev.kind == EVENT_DONE || ev.kind == EVENT_ERROR;
		event_done(&ev);
	}
	if (c->rereading)
		c->status = TALK_READY;
	c->rereading = false;
}

bool
talk_busy(const struct talk *c)
{
	return (c->load && !c->session) || c->measuring || talk_running(c) || (c->session && c->pending);
}

static struct turn *
add_turn(struct talk *c, enum turn_role role)
{
	struct turn *t = turn_new(role, "", 0);

	c->turns = mem_grow(c->turns, c->n_turns + 1, sizeof *c->turns);
	c->turns[c->n_turns++] = t;
	return t;
}

/* A tool call, or the text of one that is malformed: then it is part of the answer. */
static void
add_call(struct turn *t, const struct event *ev)
{
	if (!ev->name) {
		turn_add_text(t, ev->text, ev->len);
		buf_clear(&t->note);
		buf_printf(&t->note, _("a tool call in this answer is malformed: %s"), ev->err.text);
		return;
	}
	turn_add_call(t, ev->name, ev->text ? ev->text : "{}");
	if (ev->raw)
		buf_add_str(&t->calls_raw, ev->raw);
}

static void
begin_figures(struct talk *c)
{
	meter_begin(&c->meter);
	c->status = TALK_READING;
	c->n_requests++;
	talk_count_files(c);
	/* What is measured while a model computes says nothing about the machine. */
	c->measuring = false;
	c->stats = (struct turn_stats){0};
	c->has_stats = false;
	c->prompt_done = 0;
	c->n_spark = 0;
	c->spark_n = 0;
	c->spark_s = 0;
	c->said_s = 0;
	c->n_thinking = 0;
}

/* BEGUN: NULL, or the turn that the answer becomes, which is taken when that goes well. */
static bool
begin_with(struct talk *c, struct turn *begun, struct err *e)
{
	stop_rereading(c);
	meter_mark(&c->meter, c->session);
	if (!talk_request(c, begun, false, e))
		return false;
	if (begun) {
		c->turns = mem_grow(c->turns, c->n_turns + 1, sizeof *c->turns);
		c->turns[c->n_turns++] = begun;
	} else {
		add_turn(c, TURN_MODEL);
	}
	begin_figures(c);
	return true;
}

static bool
begin(struct talk *c, struct err *e)
{
	return begin_with(c, NULL, e);
}

void
talk_reread(struct talk *c)
{
	struct err e = {0};

	if (talk_running(c) || c->pending || c->n_turns == 0)
		return;
	c->wants_reading = !c->session || c->held;
	meter_mark(&c->meter, c->session);
	/* What cannot be read ahead is told when it is asked. */
	if (c->wants_reading || c->status != TALK_READY || !talk_request(c, NULL, true, &e))
		return;
	begin_figures(c);
	c->rereading = true;
}

bool
talk_is_free(const struct talk *c, struct err *e)
{
	if ((talk_running(c) && !c->rereading) || c->pending)
		return err_set(e, ERR_FAILED, "an answer is on its way: Esc stops it");
	return true;
}

bool
talk_ask(struct talk *c, const char *text, struct err *e)
{
	struct turn *t;

	if (!talk_is_free(c, e))
		return false;
	if (c->status == TALK_FAILED)
		return err_set(e, ERR_FAILED, "no model is loaded");
	t = add_turn(c, TURN_USER);
	turn_add_text(t, text, strlen(text));
	if (c->rereading)
		session_cancel(c->session);
	if (!c->session || c->rereading || c->held) {
		c->pending = mem_dup(text);
		return true;
	}
	if (begin(c, e))
		return true;
	drop_turns(c, c->n_turns - 1);
	return false;
}

bool
talk_stop(struct talk *c)
{
	if (c->pending) {
		free(c->pending);
		c->pending = NULL;
		if (c->turns[c->n_turns - 1]->kept.id == 0)	/* else it was asked before, and was to be again */
			drop_turns(c, c->n_turns - 1);
		return true;
	}
	if (!talk_running(c))
		return false;
	if (c->session)
		session_cancel(c->session);
	return true;
}

/* An earlier question, of those that are not sent any more, is asked with all that is before it. */
static size_t
left_out_before(const struct talk *c, size_t at)
{
	return c->n_left_out <= at ? c->n_left_out : 0;
}

bool
talk_regenerate(struct talk *c, struct err *e)
{
	size_t n = c->n_turns;

	if (!talk_is_free(c, e))
		return false;
	stop_rereading(c);
	if (n == 0 || c->status != TALK_READY)
		return err_set(e, ERR_FAILED, "there is no question to answer again");
	n -= c->turns[n - 1]->role == TURN_MODEL;
	if (n == 0)
		return err_set(e, ERR_FAILED, "there is no question to answer again");
	if (!talk_has_room(c, &(struct talk_prompt){.at = n, .left_out = left_out_before(c, n)}, e))
		return false;
	if (n < c->n_turns)
		drop_turns(c, n);
	if (!c->held)
		return begin(c, e);
	c->pending = mem_dup(buf_str(&c->turns[n - 1]->raw));
	return true;
}

bool
talk_ask_at(struct talk *c, size_t at, const char *text, struct err *e)
{
	if (!talk_is_free(c, e))
		return false;
	stop_rereading(c);
	if (c->status != TALK_READY)		/* then asking would fail with the turns gone */
		return err_set(e, ERR_FAILED, "no model is loaded");
	if (!talk_has_room(c, &(struct talk_prompt){.at = at, .text = text, .left_out = left_out_before(c, at)}, e))
		return false;
	drop_turns(c, at);
	return talk_ask(c, text, e);
}

bool
talk_take_token(struct talk *c, size_t at, size_t token, uint32_t id, struct err *e)
{
	const struct turn *old = at < c->n_turns ? c->turns[at] : NULL;
	struct turn *t;

	if (!talk_is_free(c, e))
		return false;
	if (c->status != TALK_READY || !old || at == 0 || token >= old->n_tokens)
		return err_set(e, ERR_FAILED, "there is no such token to go on from");
	if (c->held)
		return err_set(e, ERR_FAILED, "the state of the conversation is being read: a moment, please");
	t = turn_new(TURN_MODEL, "", 0);
	for (size_t i = 0; i <= token; i++)
		turn_add_token(t, &old->tokens[i]);
	t->n_taken = t->n_tokens;
	if (id != old->tokens[token].id) {
		struct turn_token *last = &t->tokens[token];

		last->id = id;
		last->p = last->after = 0;
		for (uint32_t i = 0; i < last->n_top; i++)
			if (last->top[i].id == id) {
				last->p = last->top[i].p;
				last->after = last->top[i].after;
			}
	}
	if (!talk_has_room(c, &(struct talk_prompt){.at = at, .left_out = left_out_before(c, at), .begun = t}, e)) {
		turn_free(t);
		return false;
	}
	drop_turns(c, at);
	if (begin_with(c, t, e))
		return true;
	turn_free(t);
	return false;
}

/* An answer that was brought back has no tokens: its text gives some. */
static bool
find_tokens(const struct talk *c, struct turn *t, struct err *e)
{
	struct tok_ids ids = {0};
	struct tok_flags flags = {0};
	bool ok = tok_encode(model_tok(c->model), buf_str(&t->raw), t->raw.len, flags, &ids, e);

	for (size_t i = 0; i < ids.n; i++)
		turn_add_token(t, &(struct turn_token){.id = ids.ids[i], .part = PART_ANSWER});
	tok_ids_done(&ids);
	return ok;
}

bool
talk_go_on(struct talk *c, size_t at, struct err *e)
{
	struct turn *t = at < c->n_turns ? c->turns[at] : NULL;

	if (!t || !turn_is_cut(t))
		return err_set(e, ERR_FAILED, "there is no answer to go on with");
	if (!c->model || !model_tok(c->model) || (t->n_tokens == 0 && t->thinking.len))
		return err_set(e, ERR_FAILED, "this answer cannot go on: what its thinking was made of is not known any more");
	if (t->n_tokens == 0 && !find_tokens(c, t, e))
		return false;
	return t->n_tokens ? talk_take_token(c, at, t->n_tokens - 1, t->tokens[t->n_tokens - 1].id, e) :
	    err_set(e, ERR_FAILED, "there is no answer to go on with");
}

bool
talk_widen(struct talk *c, uint32_t n_ctx, enum kvtype kv, struct err *e)
{
	struct session_options o = {.n_ctx = n_ctx, .kv = kv, .speculate = c->speculate};
	struct session *wide;
	struct err unsuited;

	if (!talk_is_free(c, e))
		return false;
	stop_rereading(c);
	if (!c->session || c->held)
		return err_set(e, ERR_FAILED, "the model is busy: a moment, please");
	wide = session_open(c->model, &o, e);
	if (!wide)
		return false;
	/* Where that is not possible, the conversation is read anew. */
	(void)!session_copy(wide, c->session, &unsuited);
	session_close(c->session);
	c->session = wide;
	c->n_ctx = session_n_ctx(wide);
	c->wide = c->n_ctx;
	return true;
}

void
talk_set_turns(struct talk *c, struct turn **turns, size_t n, uint32_t n_used)
{
	stop_rereading(c);
	drop_turns(c, 0);
	free(c->turns);
	c->turns = turns;
	c->n_turns = n;
	c->n_left_out = 0;
	c->n_used = n_used > c->n_system ? n_used : c->n_system;
	c->n_thinking = 0;
	c->has_stats = false;
	talk_count_files(c);
}

bool
talk_clear(struct talk *c, struct err *e)
{
	if (!talk_is_free(c, e))
		return false;
	talk_set_turns(c, NULL, 0, 0);
	return true;
}

const struct turn *
talk_last_answer(const struct talk *c)
{
	for (size_t i = c->n_turns; i-- > 0;)
		if (c->turns[i]->role == TURN_MODEL && turn_has_said(c->turns[i]))
			return c->turns[i];
	return NULL;
}

static void
add_spark(struct talk *c)
{
	double s = c->stats.generate_s - c->spark_s;

	if (s < SPARK_S || c->stats.n_generated <= c->spark_n)
		return;
	if (c->n_spark == TALK_SPARK)
		memmove(c->spark, c->spark + 1, (size_t)--c->n_spark * sizeof *c->spark);
	c->spark[c->n_spark++] = (c->stats.n_generated - c->spark_n) / s;
	c->spark_n = c->stats.n_generated;
	c->spark_s = c->stats.generate_s;
}

/* The first answer is there and nothing computes: a good moment, and no first answer had to wait for it. */
static void
measure(struct talk *c)
{
	if (c->load && c->session)
		c->measuring = load_measure(c->load);
}

static void
take_token(struct talk *c, struct turn *t, const struct event *ev)
{
	if (ev->id != TOK_NONE && ev->n_top) {		/* those that it began with are there */
		struct turn_token token = {.id = ev->id, .part = ev->part, .p = ev->p, .after = ev->after,
		    .entropy = ev->entropy, .n_top = ev->n_top};

		memcpy(token.top, ev->top, ev->n_top * sizeof *ev->top);
		turn_add_token(t, &token);
	}
	meter_token(&c->meter, &ev->stats);
	t->part = ev->part;
	if (ev->part == PART_THINK) {
		c->n_thinking += ev->id != TOK_NONE;
		turn_add_thinking(t, ev->text, ev->len);
		if (ev->stats.generate_s > c->said_s)
			t->thinking_s += ev->stats.generate_s - c->said_s;
	} else if (ev->part == PART_ANSWER && ev->len) {
		turn_add_text(t, ev->text, ev->len);
	}
	c->said_s = ev->stats.generate_s;
}

void
talk_apply(struct talk *c, struct event *ev)
{
	struct turn *t = c->n_turns ? c->turns[c->n_turns - 1] : NULL;

	c->stats = ev->stats;
	c->has_stats = true;
	c->n_used = ev->stats.n_prompt + ev->stats.n_generated;
	switch (ev->kind) {
	case EVENT_PROMPT:
		c->prompt_done = ev->prompt_done;
		break;
	case EVENT_TOKEN:
		c->status = TALK_ANSWERING;
		if (t)
			take_token(c, t, ev);
		add_spark(c);
		break;
	case EVENT_CALL:
		if (t)
			add_call(t, ev);
		break;
	case EVENT_DONE:
	case EVENT_ERROR:
		if (c->rereading) {
			c->rereading = false;
			c->status = TALK_READY;
			break;
		}
		if (t) {
			t->complete = true;
			t->reason = ev->reason;
			t->err = ev->kind == EVENT_ERROR ? ev->err : (struct err){0};
		}
		c->status = TALK_READY;
		meter_update(&c->meter, c->session);
		measure(c);
		break;
	}
	event_done(ev);
}

/* What the system prompt adds to a question, with the marks that the template puts around it. */
static void
count_system(struct talk *c)
{
	struct talk_prompt p = {.text = "a"};
	char *system = c->system, none[] = "";
	uint32_t with = 0, without = 0;
	struct err e;

	c->n_system = 0;
	if (*system && talk_count(c, &p, &with, &e)) {
		c->system = none;
		c->n_system = talk_count(c, &p, &without, &e) && with > without ? with - without : 0;
		c->system = system;
	}
	talk_count_files(c);
	if (c->n_used < c->n_system || c->n_turns == 0)		/* what was brought back is there before its model */
		c->n_used = c->n_system;
}

void
talk_set_system(struct talk *c, const char *system)
{
	free(c->system);
	c->system = mem_dup(system ? system : "");
	c->n_system = 0;
	if (c->model)
		count_system(c);
}

/* Answers that have no name yet are of the model they came from. */
static void
name_answers(struct talk *c)
{
	for (size_t i = 0; i < c->n_turns; i++) {
		struct turn *t = c->turns[i];

		if (t->role == TURN_MODEL && !t->kept.model)
			t->kept.model = mem_dup(c->name);
	}
}

void
talk_move_said(struct talk *to, struct talk *from)
{
	size_t n_left_out = from->n_left_out;

	if (from->name)
		name_answers(from);
	for (size_t i = 0; i < from->n_turns; i++)
		from->turns[i]->n_files = TURN_UNCOUNTED;
	talk_set_turns(to, from->turns, from->n_turns, from->n_used);
	to->n_left_out = n_left_out;
	to->wide = from->wide;
	talk_set_system(to, from->system);
	to->sampling = from->sampling;
	to->max_tokens = from->max_tokens;
	to->think = from->think;
	to->generation = from->generation + 1;		/* or layouts would take its turns for those before */
	from->turns = NULL;
	from->n_turns = 0;
}

static void
take_load_event(struct talk *c, struct load_event *ev)
{
	switch (ev->kind) {
	case LOAD_READY:
		c->engine = ev->engine;
		c->model = ev->model;
		c->session = ev->session;
		c->n_ctx = session_n_ctx(c->session);
		if (ev->no_draft.kind)
			c->no_draft = ev->no_draft;
		c->status = TALK_READY;
		count_system(c);
		break;
	case LOAD_FAILED:
		fail(c, &ev->err);
		break;
	case LOAD_ROOF:
		c->roof = c->measuring ? ev->roof : 0;
		c->measuring = false;
		break;
	}
}

static void
send_pending(struct talk *c)
{
	char *text = c->pending;
	struct err e = {0};

	c->pending = NULL;
	if (begin(c, &e)) {
		free(text);
	} else if (c->n_needed) {
		if (c->turns[c->n_turns - 1]->kept.id == 0)
			drop_turns(c, c->n_turns - 1);
		free(c->refused);
		c->refused = text;
	} else {
		struct turn *t = add_turn(c, TURN_MODEL);

		t->complete = true;
		t->err = e;
		free(text);
	}
}

bool
talk_poll(struct talk *c)
{
	struct load_event le;
	struct event ev;
	bool changed = false;

	while (c->load && load_next(c->load, &le)) {
		changed = true;
		take_load_event(c, &le);
		if (load_finished(c->load) && load_free(c->load))
			c->load = NULL;
	}
	/* A model that is faster than this has to wait: keys do not. */
	for (int n = 0; n < EVENTS_AT_ONCE && c->session && session_next(c->session, &ev); n++) {
		changed = true;
		talk_apply(c, &ev);
	}
	if (c->pending && c->status == TALK_READY && !c->held)
		send_pending(c);
	if (c->wants_reading && c->status == TALK_READY && !c->held)
		talk_reread(c);
	return changed;
}

double
talk_prompt_left(const struct talk *c)
{
	double rate = talk_prompt_rate(c);

	return rate > 0 ? (c->stats.n_prompt - c->prompt_done) / rate : -1;
}

double
talk_prompt_rate(const struct talk *c)
{
	uint32_t done = c->status == TALK_READING ? c->prompt_done : c->stats.n_prompt;

	if (!c->has_stats || done <= c->stats.n_reused || c->stats.prompt_s <= 0)
		return 0;
	return (done - c->stats.n_reused) / c->stats.prompt_s;
}

double
talk_answer_rate(const struct talk *c)
{
	/* The clock of generate_s starts at the first token. */
	if (!c->has_stats || c->stats.n_generated < 2 || c->stats.generate_s <= 0)
		return 0;
	return (c->stats.n_generated - 1) / c->stats.generate_s;
}

double
talk_roof_share(const struct talk *c)
{
	return c->roof > 0 ? talk_answer_rate(c) * c->stats.bytes_per_token / c->roof : 0;
}

const char *
talk_note(const struct talk *c)
{
	return c->model ? chat_think_note(c->model, c->think) : NULL;
}
