/* Sessions: one timeline each; see minnow.h.  The worker's side is session_worker.c. */
#include "core/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/chat.h"

enum {
	DEFAULT_CTX = 4096,
	DEFAULT_CHUNK = 256,
	MAX_CHUNK = 4096,
	DEFAULT_REWIND = 1024,
	N_EVENTS = 256,			/* a stalled reader stops the worker after this many */
};

/* ---- opening ---- */

static bool
init_cache(struct session *s, const struct session_options *o, uint32_t chunk, struct err *e)
{
	uint32_t rewind = o->rewind ? o->rewind : DEFAULT_REWIND, n = s->m->hp.n_layers;
	uint32_t drafted = o->speculate == SPECULATE_OFF ? 0 : PACE_TOKENS;	/* and taken back again */
	struct kv_shape *shapes = mem_new0(n, sizeof *shapes);
	struct kv_options ko = {
		.shapes = shapes,
		.n_layers = n,
		.type = o->kv,
		.n_ctx = s->n_ctx,
		.spare = (rewind > chunk ? rewind : chunk) + drafted,
	};
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		const struct layer *l = &s->m->layers[i];

		shapes[i] = (struct kv_shape){l->n_kv_heads, l->dim_k, l->dim_v, l->window, l->kv_from};
	}
	ok = kv_init(&s->kv, s->m->kern, &ko, e);
	free(shapes);
	return ok;
}

static bool
init_memory(struct session *s, const struct session_options *o, struct err *e)
{
	size_t chunk = o->chunk ? o->chunk : DEFAULT_CHUNK;
	bool has_encoder = s->m->hp.n_encoder > 0;
	struct run_store store;

	if (chunk > MAX_CHUNK)
		return err_set(e, ERR_USAGE, "chunks of %zu tokens asked for; at most %d are possible", chunk, MAX_CHUNK);
	chunk = chunk < s->n_ctx ? chunk : s->n_ctx;
	if (!init_cache(s, o, (uint32_t)chunk, e) || !state_init(&s->carried, s->m->n_state, e))
		return false;
	if (has_encoder && !encoder_init(&s->enc, s->m, o->kv, s->n_ctx, e))
		return false;
	store = (struct run_store){&s->kv, &s->carried, has_encoder ? &s->enc : NULL};
	if (!run_init(&s->run, s->m, store, chunk, e))
		return false;
	if (has_encoder) {
		s->input = mem_try(s->n_ctx, sizeof *s->input, "the input", e);
		if (!s->input)
			return false;
	}
	s->past = mem_try(s->n_ctx, sizeof *s->past, "the timeline", e);
	s->logits = s->past ? mem_try(s->m->hp.n_vocab, sizeof *s->logits, "logits", e) : NULL;
	return s->logits && ahead_init(s, o, e);
}

struct session *
session_open(struct model *m, const struct session_options *o, struct err *e)
{
	struct session_options none = {.kv = KV_f16};
	struct session *s = mem_new0(1, sizeof *s);
	uint32_t n_train = m->hp.n_ctx_train;

	if (!o)
		o = &none;
	s->m = m;
	s->n_ctx = o->n_ctx ? o->n_ctx : n_train < DEFAULT_CTX ? n_train : DEFAULT_CTX;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->asked, NULL);
	if (s->n_ctx > 1u << 30) {
		err_set(e, ERR_USAGE, "a context of %u positions asked for; at most %u are possible", s->n_ctx, 1u << 30);
		goto fail;
	}
	s->events = queue_new(N_EVENTS, sizeof(struct event), e);
	if (!s->events || !init_memory(s, o, e))
		goto fail;
	return s;
fail:
	session_close(s);
	return NULL;
}

static void
stop_worker(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	atomic_store(&s->cancel, true);
	pthread_cond_signal(&s->asked);
	pthread_mutex_unlock(&s->lock);
	queue_close(s->events);
	pthread_join(s->worker, NULL);
}

void
session_close(struct session *s)
{
	struct event ev;

	if (!s)
		return;
	if (s->has_worker)
		stop_worker(s);
	while (s->events && queue_pop(s->events, &ev))
		event_done(&ev);
	turn_done(&s->turn);
	queue_free(s->events);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->asked);
	ahead_done(s);
	run_done(&s->run);
	kv_done(&s->kv);
	encoder_done(&s->enc);
	free(s->input);
	state_done(&s->carried);
	free(s->past);
	free(s->logits);
	free(s);
}

uint32_t
session_n_ctx(const struct session *s)
{
	return s->n_ctx;
}

struct session_memory
session_memory(const struct session *s)
{
	struct session_memory all = {
		.kv = s->kv.memory_bytes + s->carried.memory_bytes,
		.scratch = s->run.memory_bytes + s->n_ctx * sizeof *s->past + s->m->hp.n_vocab * sizeof *s->logits +
		    s->ahead.rows_bytes,
	};

	if (s->ahead.draft.s) {
		struct session_memory d = session_memory(s->ahead.draft.s);

		all.kv += d.kv;
		all.scratch += d.scratch;
	}
	return all;
}

/* ---- the timeline ---- */

static bool
check_ids(const struct session *s, const uint32_t *ids, size_t n, struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_USAGE, "no tokens to evaluate");
	if (s->m->hp.n_encoder > 0 && s->enc.n == 0)
		return err_set(e, ERR_USAGE, "%s has an encoder, which has read no input yet", s->m->arch->name);
	if (n > s->n_ctx - s->n_past)
		return err_set(e, ERR_FAILED, "%zu tokens do not fit: %u of the context's %u positions are used", n,
		    s->n_past, s->n_ctx);
	for (size_t i = 0; i < n; i++)
		if (ids[i] >= s->m->hp.n_vocab)
			return err_set(e, ERR_USAGE, "token %u does not exist: the vocabulary ends at %u", ids[i],
			    s->m->hp.n_vocab - 1);
	return true;
}

bool
session_advance(struct session *s, const uint32_t *ids, size_t n, float *logits, run_step_fn *step, void *ctx,
    bool *stopped, struct err *e)
{
	size_t n_vocab = s->m->hp.n_vocab;

	*stopped = false;
	if (!check_ids(s, ids, n, e))
		return false;
	mem_guard_begin();
	for (size_t i = 0; i < n && !*stopped;) {
		size_t len = n - i < s->run.chunk ? n - i : s->run.chunk;
		float *out = logits ? logits + i * n_vocab : i + len == n ? s->logits : NULL;

		if (!run_tokens(&s->run, ids + i, len, s->n_past, out, logits ? len : 1, step, ctx)) {
			*stopped = true;
			break;
		}
		memcpy(s->past + s->n_past, ids + i, len * sizeof *ids);
		s->n_past += (uint32_t)len;
		i += len;
	}
	mem_guard_end();
	if (logits && !*stopped)
		memcpy(s->logits, logits + (n - 1) * n_vocab, n_vocab * sizeof *logits);
	return true;
}

bool
session_is_idle(struct session *s)
{
	bool idle;

	pthread_mutex_lock(&s->lock);
	idle = s->state == SESSION_IDLE;
	pthread_mutex_unlock(&s->lock);
	return idle;
}

bool
session_eval(struct session *s, const uint32_t *ids, size_t n, float *logits, struct err *e)
{
	bool stopped;

	assert(session_is_idle(s));
	return session_advance(s, ids, n, logits, NULL, NULL, &stopped, e);
}

const float *
session_logits(const struct session *s)
{
	return s->logits;
}

uint32_t
session_n_past(const struct session *s)
{
	return s->n_past;
}

uint32_t
session_cut(struct session *s, uint32_t n_past)
{
	if (n_past >= s->n_past)
		return s->n_past;
	n_past = state_find(&s->carried, n_past);
	s->n_past = kv_holds(&s->kv, n_past) ? n_past : 0;
	state_cut(&s->carried, s->n_past);
	if (s->n_past == 0)
		kv_restart(&s->kv);
	return s->n_past;
}

void
session_mark(struct session *s)
{
	assert(session_is_idle(s));
	state_mark(&s->carried, s->n_past);
}

uint32_t
session_truncate(struct session *s, uint32_t n_past)
{
	assert(session_is_idle(s));
	return session_cut(s, n_past);
}

/* ---- requests ---- */

void
turn_done(struct turn *t)
{
	tok_ids_done(&t->prompt);
	sampler_free(t->sampler);
	json_decref(t->tools);
	for (size_t i = 0; i < t->n_stops; i++)
		free(t->stops[i]);
	free(t->stops);
	mask_free(t->mask);
	free(t->given);
	*t = (struct turn){0};
}

/* Plain text gets the special tokens that the model asks for, and its answer is not parted; a template spells them
 * itself. */
static bool
encode_prompt(struct session *s, const struct request *r, struct turn *t, struct err *e)
{
	struct tok_flags flags = {.add_special = true, .parse_special = true};
	struct chat_ask a = {.messages = r->messages, .n = r->n_messages, .think = r->think};

	if (r->raw)
		return tok_encode(s->m->tok, r->raw, strlen(r->raw), flags, &t->prompt, e);
	if (r->tools) {
		t->tools = call_tools_read(r->tools, strlen(r->tools), e);
		if (!t->tools)
			return err_wrap(e, "the list of tools");
	}
	a.tools = t->tools;
	if (!chat_encode(s->m->chat, &a, &t->prompt, &t->split, e))
		return false;
	/* An encoder reads a text with its end. */
	if (s->m->hp.n_encoder > 0 && tok_adds_eos(s->m->tok))
		tok_ids_add(&t->prompt, tok_eos(s->m->tok));
	return true;
}

/* The token that opens thinking where the answer has not begun; TOK_NONE when it is not one token. */
static uint32_t
thinking_token(const struct session *s, const struct split_start *start)
{
	const struct section *c;
	uint32_t id = TOK_NONE;

	for (size_t i = 0; (c = section_at(i)) != NULL && id == TOK_NONE; i++)
		if (start->sections >> i & 1 && c->part == PART_THINK && c->place == SECTION_FIRST)
			id = tok_find(s->m->tok, c->open);
	return id;
}

static bool
make_mask(struct session *s, const struct request *r, struct turn *t, struct err *e)
{
	const struct trie *tree;

	if (!r->grammar)
		return true;
	t->thinker = r->think == THINK_ON && !r->raw ? thinking_token(s, &t->split) : TOK_NONE;
	tree = model_tree(s->m, e);
	t->mask = tree ? mask_new(r->grammar, s->m->tok, tree, s->m->hp.n_vocab, e) : NULL;
	return t->mask && sampler_prepare_masks(t->sampler, e);
}

static bool
add_begin(const struct session *s, const struct request *r, struct turn *t, struct err *e)
{
	if (r->n_begin && (r->grammar || s->m->hp.n_encoder > 0))
		return err_set(e, ERR_FAILED, "an answer cannot begin with given tokens %s",
		    r->grammar ? "and be held to a grammar" : "in a model with an encoder");
	for (size_t i = 0; i < r->n_begin; i++) {
		if (r->begin[i] >= s->m->hp.n_vocab)
			return err_set(e, ERR_USAGE, "token %u does not exist: the vocabulary ends at %u", r->begin[i],
			    s->m->hp.n_vocab - 1);
		tok_ids_add(&t->prompt, r->begin[i]);
	}
	t->n_begin = r->n_begin;
	return true;
}

static bool
add_given(const struct session *s, const struct request *r, struct turn *t, struct err *e)
{
	if (r->n_given && r->grammar)
		return err_set(e, ERR_FAILED, "an answer cannot be given and be held to a grammar");
	for (size_t i = 0; i < r->n_given; i++)
		if (r->given[i] >= s->m->hp.n_vocab)
			return err_set(e, ERR_USAGE, "token %u does not exist: the vocabulary ends at %u", r->given[i],
			    s->m->hp.n_vocab - 1);
	t->n_given = r->n_given;
	t->given = mem_dup_bytes(r->given, r->n_given * sizeof *r->given);
	if (r->n_given && (t->max_tokens == 0 || t->max_tokens > r->n_given))
		t->max_tokens = (uint32_t)r->n_given;
	return true;
}

static bool
make_turn(struct session *s, const struct request *r, struct turn *t, struct err *e)
{
	t->asked = clock_s();
	t->max_tokens = r->max_tokens;
	t->only_prompt = r->only_prompt;
	if (!encode_prompt(s, r, t, e) || !add_begin(s, r, t, e))
		return false;
	if (t->prompt.n == 0)
		return err_set(e, ERR_USAGE, "the prompt is empty");
	if (s->m->hp.n_encoder == 0 && t->prompt.n >= s->n_ctx)
		return err_set(e, ERR_FAILED, "the prompt is %zu tokens long and the context holds %u: nothing would be "
		    "left for an answer; shorten it or choose a longer context", t->prompt.n, s->n_ctx);
	t->sampler = sampler_new(&r->sampling, s->m->hp.n_vocab, e);
	if (!t->sampler)
		return false;
	sampler_set_breakers(t->sampler, s->m->tok);
	t->stops = mem_new0(r->n_stops, sizeof *t->stops);
	for (size_t i = 0; i < r->n_stops; i++)
		if (r->stops[i][0])
			t->stops[t->n_stops++] = mem_dup(r->stops[i]);
	return add_given(s, r, t, e) && make_mask(s, r, t, e);
}

static bool
start_worker(struct session *s, struct err *e)
{
	int error;

	if (s->has_worker)
		return true;
	error = pthread_create(&s->worker, NULL, session_work, s);
	if (error)
		return err_set(e, ERR_FAILED, "cannot start the worker thread: %s", strerror(error));
	s->has_worker = true;
	return true;
}

bool
session_ask(struct session *s, const struct request *r, struct err *e)
{
	struct turn t = {0};

	if (!s->m->tok)
		return err_set(e, ERR_FAILED, "this model has no tokenizer, so it cannot be asked");
	if (!session_is_idle(s))
		return err_set(e, ERR_FAILED, "this session is answering already");
	if (!make_turn(s, r, &t, e) || !start_worker(s, e)) {
		turn_done(&t);
		return false;
	}
	pthread_mutex_lock(&s->lock);
	s->turn = t;
	s->state = SESSION_ASKED;
	atomic_store(&s->cancel, false);
	pthread_cond_signal(&s->asked);
	pthread_mutex_unlock(&s->lock);
	return true;
}

bool
session_count(struct session *s, const struct request *r, uint32_t *n, struct err *e)
{
	struct turn t = {0};
	bool ok = s->m->tok ? encode_prompt(s, r, &t, e) :
	    err_set(e, ERR_FAILED, "this model has no tokenizer, so it cannot be asked");

	*n = ok ? (uint32_t)(t.prompt.n + r->n_begin) : 0;
	turn_done(&t);
	return ok;
}

void
session_cancel(struct session *s)
{
	atomic_store(&s->cancel, true);
}

/* ---- events ---- */

enum { GAIN_TOKENS = 32 };		/* fewer show how much single passes differ, not what drafts gained */

double
stats_gain(const struct turn_stats *t)
{
	/* The first token comes with the prompt. */
	return t->n_generated > GAIN_TOKENS && t->generate_s > 0 ? (t->n_generated - 1) * t->alone_s / t->generate_s : 0;
}

void
event_done(struct event *ev)
{
	free(ev->text);
	free(ev->name);
	free(ev->raw);
	ev->text = ev->name = ev->raw = NULL;
	ev->len = 0;
}

int
session_wake_fd(const struct session *s)
{
	return queue_wake_fd(s->events);
}

bool
session_next(struct session *s, struct event *out)
{
	return queue_pop(s->events, out);
}

bool
session_wait(struct session *s, struct event *out)
{
	return queue_pop_wait(s->events, out);
}

const char *
stop_reason_name(enum stop_reason r)
{
	static const char *const names[] = {
		[STOP_END] = "end",
		[STOP_STRING] = "string",
		[STOP_LENGTH] = "length",
		[STOP_CONTEXT] = "context",
		[STOP_CANCELLED] = "cancelled",
	};

	return names[r];
}
