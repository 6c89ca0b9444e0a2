/* Speculative decoding; see ahead.h. */
#include "core/ahead.h"

#include <assert.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session.h"

enum speculate
speculate_find(const char *name)
{
	return strcmp(name, "off") == 0 ? SPECULATE_OFF : SPECULATE_AUTO;
}

bool
ahead_init(struct session *s, const struct session_options *o, struct err *e)
{
	struct ahead *a = &s->ahead;
	struct model *d = o->draft ? o->draft : s->m->draft;
	uint32_t most = s->run.chunk < PACE_TOKENS ? (uint32_t)s->run.chunk : PACE_TOKENS;

	if (o->speculate == SPECULATE_OFF)
		return true;
	a->max = most - 1;
	if (o->draft_max > 0 && o->draft_max < a->max)
		a->max = o->draft_max;
	/* Touched as far as drafts are long: a page that is not costs nothing. */
	a->rows_bytes = (size_t)PACE_TOKENS * s->m->hp.n_vocab * sizeof *a->rows;
	a->rows = mem_try_pages(a->rows_bytes, false, "the logits of drafts", e);
	return a->rows && (!d || draft_open(&a->draft, d, s->m, o, e));
}

void
ahead_done(struct session *s)
{
	mem_free_pages(s->ahead.rows, s->ahead.rows_bytes);
	draft_close(&s->ahead.draft);
	s->ahead = (struct ahead){0};
}

void
ahead_begin(struct session *s)
{
	struct ahead *a = &s->ahead;

	a->n = a->at = 0;
	a->last = 0;
	a->has_thought = false;
	a->n_passes = a->n_drafted = a->n_accepted = 0;
	a->draft.n_passes = 0;
	pace_begin(&a->pace);
}

void
ahead_read(struct session *s, run_step_fn *step, void *ctx)
{
	struct draft *d = &s->ahead.draft;

	if (!d->s)
		return;
	draft_read(d, s->past, s->n_past, step, ctx);
	d->n_passes = 0;		/* those count for the answer */
}

float *
ahead_logits(struct session *s)
{
	return s->ahead.n > 0 ? s->ahead.rows + (size_t)s->ahead.at * s->m->hp.n_vocab : s->logits;
}

/* ---- drafting ---- */

/* A draft ends before a token that ends the answer: nothing would be chosen after it. */
static size_t
until_end(const struct session *s, const uint32_t *ids, size_t n)
{
	size_t i = 0;

	while (i < n && !(s->m->tok && tok_is_end(s->m->tok, ids[i])))
		i++;
	return i;
}

static struct pace_plan
plan(const struct session *s, enum pace_kind kind, unsigned n_given, unsigned max)
{
	const struct ahead *a = &s->ahead;
	struct pace_ask ask = {.kind = kind, .n_given = n_given, .max = max, .repeats = s->carried.n_floats > 0};

	if (a->always > 0)
		return (struct pace_plan){a->always < max ? a->always : max, kind == PACE_MODEL ? 1 : 2};
	if (kind == PACE_MODEL) {
		ask.start_s = draft_lag_s(&a->draft, s->n_past + n_given);
		ask.token_s = a->draft.token_s;
		if (ask.token_s == 0)	/* not measured yet: its share of what is read */
			ask.token_s = a->pace.cost[1].s * (double)a->draft.s->m->info.weight_bytes /
			    (double)s->m->info.weight_bytes;
	}
	return pace_plan(&a->pace, &ask);
}

/* What may follow the N_GIVEN tokens behind the timeline, written behind those; how many. */
static size_t
draft(struct session *s, uint32_t n_given, uint32_t max, run_step_fn *step, void *ctx)
{
	struct ahead *a = &s->ahead;
	uint32_t n_past = s->n_past + n_given, *out = s->past + n_past;
	struct lookup l = {.input = s->input, .n_input = s->input ? s->enc.n : 0, .past = s->past, .n_past = n_past,
	    .last = a->last};
	struct lookup_found f = lookup_find(&l);
	struct pace_plan by_lookup = {0}, by_model = {0};
	bool is_copy;

	a->has_thought = f.n_same > 0 && lookup_copy(&l, f.at, &a->thought, 1) == 1;
	a->from = f.at;
	a->kind = pace_kind_of(f.n_same, f.near);
	if (a->has_thought)
		by_lookup = plan(s, a->kind, n_given, max);
	if (a->draft.s)
		by_model = plan(s, PACE_MODEL, n_given, max);
	/* What a model says is better than one or two words that are the same somewhere. */
	is_copy = by_model.n == 0 || (a->kind > PACE_FAR_2 && by_lookup.gain >= by_model.gain);
	if (by_lookup.n > 0 && is_copy) {
		a->has_thought = false;
		return until_end(s, out, lookup_copy(&l, f.at, out, by_lookup.n));
	}
	if (by_model.n == 0)
		return 0;
	a->has_thought = false;
	a->kind = PACE_MODEL;
	return draft_write(&a->draft, s->past, n_past, out, by_model.n, step, ctx);
}

/* ---- passes ---- */

/* What came of the draft at hand.  Returns how many tokens of the last pass have to be computed again: recurrent layers
 * have no way back into the middle of a pass, but to its beginning. */
static uint32_t
settle(struct session *s)
{
	struct ahead *a = &s->ahead;
	bool wrong = a->at < a->n;

	if (a->n == 0)
		return 0;
	pace_judge(&a->pace, a->kind, a->at, a->n, a->s);
	if (a->kind != PACE_MODEL && a->at > 0)
		a->last = a->from + a->at;
	a->n = 0;
	if (!wrong || s->carried.n_floats == 0)
		return 0;
	state_flip(&s->carried);
	s->n_past = a->base;
	return a->n_given + a->at;
}

/* ID came where nothing was drafted. */
static void
think_again(struct ahead *a, uint32_t id)
{
	bool right = a->has_thought && a->thought == id;

	if (!a->has_thought)
		return;
	pace_learn(&a->pace, a->kind, right, !right);
	if (right)
		a->last = a->from + 1;
	a->has_thought = false;
}

/* A pass over N_GIVEN tokens and N of a draft, all of them in s->past behind the timeline already. */
static bool
pass(struct session *s, uint32_t n_given, uint32_t n, run_step_fn *step, void *ctx)
{
	struct ahead *a = &s->ahead;
	bool whole;

	mem_guard_begin();
	whole = run_tokens(&s->run, s->past + s->n_past, n_given + n, s->n_past, n > 0 ? a->rows : s->logits, n + 1, step,
	    ctx);
	mem_guard_end();
	if (!whole)
		return false;
	a->base = s->n_past;
	a->n_given = n_given;
	a->n = n;
	a->at = 0;
	a->n_passes++;
	a->n_drafted += n;
	s->n_past += n_given;
	return true;
}

/* How long a draft may be: what is left of the answer, of the context and of a pass. */
static uint32_t
room(const struct session *s, uint32_t n_given, uint32_t n_left)
{
	uint32_t max = s->ahead.max, end = s->n_past + n_given, most = PACE_TOKENS;

	most = s->run.chunk < most ? (uint32_t)s->run.chunk : most;
	if (n_given >= most || end >= s->n_ctx || n_left == 0)
		return 0;
	max = max < most - n_given ? max : most - n_given;
	max = max < s->n_ctx - end ? max : s->n_ctx - end;
	return max < n_left - 1 ? max : n_left - 1;
}

void
ahead_take(struct session *s, uint32_t id, uint32_t n_left, run_step_fn *step, void *ctx, bool *stopped)
{
	struct ahead *a = &s->ahead;
	size_t n_vocab = s->m->hp.n_vocab, row = a->at * n_vocab;
	uint32_t n_given, n = 0, max;
	bool had_rows = a->n > 0;
	double start, drafted;

	*stopped = false;
	if (a->at < a->n && s->past[s->n_past] == id) {
		a->at++;
		a->n_accepted++;
		s->n_past++;
		return;
	}
	n_given = settle(s) + 1;
	think_again(a, id);
	assert(s->n_past + n_given <= s->n_ctx);
	s->past[s->n_past + n_given - 1] = id;
	start = clock_s();
	max = room(s, n_given, n_left);
	if (max > 0)
		n = (uint32_t)draft(s, n_given, max, step, ctx);
	drafted = clock_s();
	if (n == 0)		/* a draft model that was not sure of a token took time all the same */
		a->pace.lost_s += drafted - start;
	*stopped = !pass(s, n_given, n, step, ctx);
	if (*stopped && had_rows && n_given == 1)
		memcpy(s->logits, a->rows + row, n_vocab * sizeof *s->logits);
	if (*stopped)
		return;
	a->s = clock_s() - start;
	pace_pass(&a->pace, n_given + n, clock_s() - drafted);
}

void
ahead_end(struct session *s, run_step_fn *step, void *ctx)
{
	struct ahead *a = &s->ahead;
	size_t n_vocab = s->m->hp.n_vocab;
	uint32_t again;

	if (a->n == 0)
		return;
	memcpy(s->logits, ahead_logits(s), n_vocab * sizeof *s->logits);
	again = settle(s);
	/* Stopped once more, the timeline ends a little earlier. */
	if (again > 0 && run_tokens(&s->run, s->past + s->n_past, again, s->n_past, NULL, 0, step, ctx))
		s->n_past += again;
}
