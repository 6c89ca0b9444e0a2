/* The worker of a session: waits for a request, computes the prompt, then samples tokens until something ends the
 * answer.  It alone touches the timeline while a request runs, and speaks through the event queue only. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/chat.h"
#include "core/session.h"
#include "core/stop.h"

#define MAX_BREAKS 2			/* tokens of line breaks between thinking and a held answer */
#define PROGRESS_S 0.1			/* between two reports on the prompt */

struct answer {
	struct session *s;
	struct turn *t;
	struct turn_stats stats;
	struct tok_stream stream;
	struct split split;
	struct stop stop;
	bool held;			/* the grammar holds: the answer has begun */
	bool may_think;			/* the next token may begin thinking instead */
	bool fits;			/* what came with the end of thinking fits it */
	unsigned breaks;		/* tokens of line breaks that may still come before the answer */
	double prompt_start, generate_start;
	double reported;		/* when progress was last reported */
	uint32_t prompt_done;		/* tokens of the prompt in the cache, before this pass */
};

static void
push(struct answer *a, struct event *ev)
{
	ev->stats = a->stats;
	if (!queue_push(a->s->events, ev))
		event_done(ev);		/* the session is closing */
}

static bool
is_cancelled(const struct answer *a)
{
	return atomic_load_explicit(&a->s->cancel, memory_order_relaxed);
}

/* ---- the prompt ---- */

static void
report_prompt(struct answer *a, uint32_t done)
{
	struct event ev = {.kind = EVENT_PROMPT, .prompt_done = done};

	a->reported = clock_s();
	a->stats.prompt_s = a->reported - a->prompt_start;
	push(a, &ev);
}

/* Between layers: cancelled?  And how far are we: a pass counts by the layers it has behind it. */
static bool
prompt_step(void *ctx, uint32_t done, uint32_t total)
{
	struct answer *a = ctx;
	uint32_t before = a->s->n_past;
	size_t pass = a->s->run.n;

	if (is_cancelled(a))
		return false;
	if (clock_s() - a->reported >= PROGRESS_S)
		report_prompt(a, before + (uint32_t)(pass * done / total));
	return true;
}

static bool
token_step(void *ctx, uint32_t done, uint32_t total)
{
	(void)done;
	(void)total;
	return !is_cancelled(ctx);
}

/* The same for an encoder, which reads all of the prompt in one pass. */
static bool
input_step(void *ctx, uint32_t done, uint32_t total)
{
	struct answer *a = ctx;

	if (is_cancelled(a))
		return false;
	if (clock_s() - a->reported >= PROGRESS_S)
		report_prompt(a, (uint32_t)((uint64_t)a->stats.n_prompt * done / total));
	return true;
}

/* The prompt goes to the encoder; the decoder starts with the token meant for that. */
static bool
compute_input(struct answer *a, bool *stopped, struct err *e)
{
	struct session *s = a->s;
	const struct tok_ids *p = &a->t->prompt;

	a->stats.n_reused = session_has_input(s, p->ids, p->n) ? (uint32_t)p->n : 0;
	report_prompt(a, a->stats.n_reused);
	if (!session_read(s, p->ids, p->n, input_step, a, stopped, e))
		return false;
	return *stopped || session_advance(s, &s->m->hp.decoder_start, 1, NULL, token_step, a, stopped, e);
}

/* Keep what the cache shares with the new prompt; its last token is computed again, for its logits. */
static void
reuse_prefix(struct answer *a)
{
	struct session *s = a->s;
	const struct tok_ids *p = &a->t->prompt;
	uint32_t n = 0;

	while (n < s->n_past && n + 1 < p->n && s->past[n] == p->ids[n])
		n++;
	a->stats.n_reused = session_cut(s, n);
}

/* The prompt, with marks where the next one probably parts from it: before its last token (the same prompt again), and
 * before what a template adds for the answer to begin with, which history does not repeat. */
static bool
advance_marking(struct answer *a, bool *stopped, struct err *e)
{
	static const uint32_t from_end[] = {16, 1, 0};
	struct session *s = a->s;
	const struct tok_ids *p = &a->t->prompt;

	*stopped = false;
	for (size_t i = s->carried.n_floats > 0 ? 0 : ARRAY_LEN(from_end) - 1; i < ARRAY_LEN(from_end) && !*stopped; i++) {
		size_t end = p->n > from_end[i] ? p->n - from_end[i] : 0;

		if (end > s->n_past && !session_advance(s, p->ids + s->n_past, end - s->n_past, NULL, prompt_step, a,
		    stopped, e))
			return false;
		if (!*stopped && from_end[i] > 0 && end == s->n_past)
			state_mark(&s->carried, s->n_past);
	}
	return true;
}

static bool
compute_timeline(struct answer *a, bool *stopped, struct err *e)
{
	reuse_prefix(a);
	report_prompt(a, a->stats.n_reused);
	return advance_marking(a, stopped, e);
}

/* False when cancelled, or with *e set. */
static bool
compute_prompt(struct answer *a, struct err *e)
{
	const struct tok_ids *p = &a->t->prompt;
	bool has_encoder = a->s->m->hp.n_encoder > 0, stopped;

	a->prompt_start = a->reported = clock_s();
	a->stats.n_prompt = (uint32_t)p->n;
	if (!(has_encoder ? compute_input(a, &stopped, e) : compute_timeline(a, &stopped, e)))
		return false;
	if (stopped) {
		a->stats.prompt_s = clock_s() - a->prompt_start;
		return false;
	}
	ahead_read(a->s, token_step, a);
	report_prompt(a, a->stats.n_prompt);
	for (size_t i = 0; !has_encoder && i < p->n; i++)
		sampler_accept(a->t->sampler, p->ids[i]);
	return true;
}

/* ---- the grammar ---- */

/* The answer begins: from here on it is held, and no marker is looked for in it. */
static void
begin_held(struct answer *a)
{
	a->held = a->fits = true;
	a->may_think = false;
	a->split.sections = 0;
}

static void
begin_answer(struct answer *a)
{
	if (!a->t->mask || split_part(&a->split) != PART_ANSWER)
		return;
	if (a->t->thinker == TOK_NONE)
		begin_held(a);
	else
		a->may_think = true;
}

/* Thinking is over, perhaps in the middle of a token: then the rest of it is the beginning of the answer. */
static void
end_thinking(struct answer *a)
{
	const char *rest = buf_str(&a->split.held) + a->split.at;
	size_t n = a->split.held.len - a->split.at;

	begin_held(a);
	for (; n > 0 && *rest == '\n'; n--)
		rest++;
	a->breaks = n + a->stream.n_held > 0 ? 0 : MAX_BREAKS;
	a->fits = mask_begin_with(a->t->mask, rest, n) && mask_begin_with(a->t->mask, a->stream.held, a->stream.n_held);
}

/* The next token, from LOGITS.  False with *e set when none fits. */
static bool
choose(struct answer *a, const float *logits, struct sampler_choice *c, struct err *e)
{
	struct mask *m = a->t->mask;
	const uint64_t *allowed = NULL;

	if (a->held && !a->fits)
		return err_set(e, ERR_FAILED, "the grammar cannot be held: the answer began within the last token of thinking");
	if (m) {
		if (a->may_think)
			allowed = mask_allowed_or(m, a->t->thinker, e);
		else if (!a->held)
			allowed = mask_before(m, e);
		else
			allowed = a->breaks ? mask_allowed_or_break(m, e) : mask_allowed(m, e);
		if (!allowed)
			return false;
	}
	*c = sampler_choose_among(a->t->sampler, logits, allowed);
	if (a->stats.n_generated < a->t->n_given)
		c->id = a->t->given[a->stats.n_generated];
	return true;
}

static void
accept(struct answer *a, uint32_t id)
{
	sampler_accept(a->t->sampler, id);
	if (a->may_think && id != a->t->thinker)
		begin_held(a);
	a->may_think = false;
	if (!a->held)
		return;
	if (a->breaks && mask_is_break(a->t->mask, id)) {
		a->breaks--;
		return;
	}
	a->breaks = 0;
	mask_accept(a->t->mask, id);
}

/* The grammar allows nothing more. */
static bool
is_complete(const struct answer *a)
{
	return a->held && mask_is_complete(a->t->mask);
}

/* ---- the answer ---- */

static void
push_token(struct answer *a, const struct sampler_choice *c, enum part part, struct buf *text)
{
	struct event ev = {.kind = EVENT_TOKEN, .id = c->id, .p = c->p, .entropy = c->entropy, .after = c->after,
	    .part = part, .len = text->len, .n_top = c->n_top};

	memcpy(ev.top, c->top, c->n_top * sizeof *c->top);
	ev.text = buf_take(text);
	push(a, &ev);
}

/* A tool section is complete: its calls, or what is wrong with it. */
static void
push_calls(struct answer *a)
{
	const struct buf *raw = split_section(&a->split);
	struct calls calls = {0};
	struct event ev = {.kind = EVENT_CALL, .id = TOK_NONE, .part = PART_TOOL};

	if (!split_calls(&a->split, &calls, &ev.err)) {
		ev.text = mem_dup_bytes(raw->data, raw->len);
		ev.len = raw->len;
		push(a, &ev);
		return;
	}
	for (size_t i = 0; i < calls.n; i++) {
		ev = (struct event){.kind = EVENT_CALL, .id = TOK_NONE, .part = PART_TOOL, .name = calls.items[i].name};
		calls.items[i].name = NULL;
		/* 17 digits would make 4e-7 of 3.9999999999999998e-7. */
		ev.text = json_dumps(calls.items[i].arguments, JSON_REAL_PRECISION(16));
		ev.len = ev.text ? strlen(ev.text) : 0;
		ev.raw = i == 0 ? mem_dup(buf_str(raw)) : NULL;
		push(a, &ev);
	}
	calls_done(&calls);
}

/* Send out the pieces of text that are certain; token C comes with the first of them.  Stop strings are those of the
 * answer: they do not end what the model thinks.  True when one was met. */
static bool
push_pieces(struct answer *a, const struct sampler_choice *c, bool end)
{
	static const struct sampler_choice none = {.id = TOK_NONE};
	struct buf text = {0};
	struct piece p;
	bool met = false;

	while (!met && split_next(&a->split, end, &p)) {
		if (p.part == PART_ANSWER && !p.marker)
			met = stop_push(&a->stop, p.text, p.len, &text);
		else
			stop_finish(&a->stop, &text);
		if (text.len) {
			push_token(a, c, PART_ANSWER, &text);
			c = &none;
		}
		if (p.part != PART_ANSWER && !p.marker) {
			buf_add(&text, p.text, p.len);
			push_token(a, c, p.part, &text);
			c = &none;
		}
		if (p.closed)
			push_calls(a);
		if (a->t->mask && !a->held && p.part == PART_THINK && split_part(&a->split) == PART_ANSWER)
			end_thinking(a);
	}
	if (end && !met)
		stop_finish(&a->stop, &text);
	if (text.len || c->id != TOK_NONE)
		push_token(a, c, text.len ? PART_ANSWER : split_part(&a->split), &text);
	buf_done(&text);
	return met;
}

/* Text that was held back, when the answer ends without a stop string. */
static void
push_held(struct answer *a)
{
	struct sampler_choice none = {.id = TOK_NONE};
	struct buf tail = {0};

	tok_stream_finish(&a->stream, &tail);
	split_push(&a->split, buf_str(&tail), tail.len);
	buf_done(&tail);
	(void)push_pieces(a, &none, true);
}

/* The last pass of the prompt gives the first token.  A pass that computes a draft reads no more than one without. */
static void
count_reads(struct answer *a)
{
	const struct session *s = a->s;
	const struct ahead *d = &s->ahead;
	double pass = (double)(s->m->info.weight_bytes + kv_bytes_read(&s->kv, s->n_past) +
	    kv_bytes_read(&s->enc.cross, s->enc.n));
	double bytes = pass * (d->n_passes + 1);

	if (d->draft.s)
		bytes += (double)d->draft.s->m->info.weight_bytes * d->draft.n_passes;
	a->stats.bytes_per_token = bytes / a->stats.n_generated;
	a->stats.n_drafted = d->n_drafted;
	a->stats.n_accepted = d->n_accepted;
	a->stats.alone_s = d->pace.cost[1].s;
}

static void
count_token(struct answer *a)
{
	double now = clock_s();

	if (a->stats.n_generated++ == 0) {
		a->stats.first_s = now - a->t->asked;
		a->generate_start = now;
	}
	a->stats.generate_s = now - a->generate_start;
	count_reads(a);
}

/* Send out token C.  True when it completes a stop string. */
static bool
emit(struct answer *a, const struct sampler_choice *c)
{
	const struct chat *chat = a->s->m->chat;
	struct buf piece = {0};

	a->stream.render_special = chat_is_mark(chat, c->id) && a->split.sections;
	tok_stream_push(&a->stream, c->id, &piece);
	split_push(&a->split, buf_str(&piece), piece.len);
	buf_done(&piece);
	return push_pieces(a, c, false);
}

/* What the answer begins with; *REASON when that ends it. */
static bool
emit_begin(struct answer *a, enum stop_reason *reason)
{
	const struct tok_ids *p = &a->t->prompt;

	for (size_t i = p->n - a->t->n_begin; i < p->n; i++) {
		struct sampler_choice c = {.id = p->ids[i]};

		*reason = STOP_END;
		if (tok_is_end(a->s->m->tok, c.id))
			return false;
		*reason = STOP_STRING;
		if (emit(a, &c))
			return false;
	}
	return true;
}

/* Sample until something ends the answer; the reason. */
static enum stop_reason
generate(struct answer *a, struct err *e)
{
	struct session *s = a->s;
	uint32_t max = a->t->max_tokens;
	enum stop_reason reason;
	float *logits;
	bool stopped;

	if (is_complete(a))
		return STOP_END;
	if (!emit_begin(a, &reason))
		return reason;
	for (;;) {
		struct sampler_choice c;

		if (is_cancelled(a))
			return STOP_CANCELLED;
		logits = ahead_logits(s);
		if (s->m->sampling_scale != 1)
			s->m->kern->vec.scale(logits, logits, s->m->sampling_scale, s->m->hp.n_vocab);
		times_begin(&s->run.times);
		if (!choose(a, logits, &c, e))
			return STOP_CANCELLED;
		times_lap(&s->run.times, TIME_sample);
		if (tok_is_end(s->m->tok, c.id))
			return STOP_END;
		accept(a, c.id);
		count_token(a);
		if (emit(a, &c))
			return STOP_STRING;
		if (is_complete(a))
			return STOP_END;
		if (max && a->stats.n_generated >= max)
			return STOP_LENGTH;
		if (s->n_past >= s->n_ctx)
			return STOP_CONTEXT;
		ahead_take(s, c.id, max ? max - a->stats.n_generated : UINT32_MAX, token_step, a, &stopped);
		if (stopped)
			return STOP_CANCELLED;
	}
}

/* The whole turn but for its last event, which is left in *LAST. */
static void
answer(struct session *s, struct event *last)
{
	struct answer a = {.s = s, .t = &s->turn};

	*last = (struct event){.kind = EVENT_DONE, .reason = STOP_CANCELLED};
	tok_stream_init(&a.stream, s->m->tok, false);
	split_init(&a.split, &s->turn.split);
	begin_answer(&a);
	stop_init(&a.stop, s->turn.stops, s->turn.n_stops);
	ahead_begin(s);
	if (compute_prompt(&a, &last->err))
		last->reason = s->turn.only_prompt ? STOP_LENGTH : generate(&a, &last->err);
	ahead_end(s, token_step, &a);
	if (last->reason != STOP_STRING)
		push_held(&a);
	split_done(&a.split);
	stop_done(&a.stop);
	if (last->err.kind)
		last->kind = EVENT_ERROR;
	last->stats = a.stats;
}

void *
session_work(void *arg)
{
	struct session *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		struct event last;

		if (s->state != SESSION_ASKED) {
			pthread_cond_wait(&s->asked, &s->lock);
			continue;
		}
		s->state = SESSION_RUNNING;
		pthread_mutex_unlock(&s->lock);
		answer(s, &last);
		pthread_mutex_lock(&s->lock);
		turn_done(&s->turn);
		s->state = SESSION_IDLE;	/* before the last event: its reader may ask again at once */
		pthread_mutex_unlock(&s->lock);
		if (!queue_push(s->events, &last))
			event_done(&last);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}
