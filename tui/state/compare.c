/* Answers side by side; see compare.h. */
#include "tui/state/compare.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/score.h"
#include "tui/text_clean.h"

/* ---- settings ---- */

static bool
parse_number(const char *name, const char *value, double min, double max, double *out, struct err *e)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	if (end == value || *end || errno || !(*out >= min && *out <= max))
		return err_set(e, ERR_USAGE, "%s wants a number from %.15g to %.15g, not \"%s\"", name, min, max, value);
	return true;
}

static bool
parse_INT(const char *name, const char *value, double min, double max, double *out, struct err *e)
{
	if (!parse_number(name, value, min, max, out, e))
		return false;
	return *out == floor(*out) || err_set(e, ERR_USAGE, "%s wants a whole number, not \"%s\"", name, value);
}

static bool
parse_REAL(const char *name, const char *value, double min, double max, double *out, struct err *e)
{
	return parse_number(name, value, min, max, out, e);
}

static bool
set_other(struct compare_options *o, const char *name, const char *value, struct err *e)
{
	double v;

	if (strcmp(name, "system") == 0) {
		o->system = value;
	} else if (strcmp(name, "think") == 0) {
		if (strcmp(value, "auto") != 0 && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return err_set(e, ERR_USAGE, "think is one of: on off auto; not \"%s\"", value);
		o->think = think_find(value);
	} else if (strcmp(name, "kv") == 0) {
		if (strcmp(value, "f32") != 0 && strcmp(value, "f16") != 0 && strcmp(value, "q8_0") != 0)
			return err_set(e, ERR_USAGE, "kv is one of: f32 f16 q8_0; not \"%s\"", value);
		o->session.kv = kvtype_find(value);
	} else if (strcmp(name, "max-tokens") == 0) {
		if (!parse_INT(name, value, 0, 1048576, &v, e))
			return false;
		o->max_tokens = (uint32_t)v;
	} else if (strcmp(name, "ctx") == 0) {
		if (!parse_INT(name, value, 0, 1048576, &v, e))
			return false;
		o->session.n_ctx = (uint32_t)v;
	} else {
		return err_set(e, ERR_USAGE, "there is no setting \"%s\": sampling (temp, top-k, seed, ...), system, think, "
		    "max-tokens, ctx and kv can be set", name);
	}
	return true;
}

bool
compare_set(struct compare_options *o, const char *name, const char *value, struct err *e)
{
	double v;

#define PARAM(field, name_, kind, default_, min, max, arg, help) \
	if (strcmp(name, name_) == 0) { \
		if (!parse_##kind(name, value, min, max, &v, e)) \
			return false; \
		o->sampling.field = (__typeof__(o->sampling.field))v; \
		return true; \
	}
#include "core/sampler_param.def"
#undef PARAM
	return set_other(o, name, value, e);
}

/* ---- panes ---- */

void
compare_init(struct compare *c)
{
	*c = (struct compare){0};
	energy_open(&c->energy, ENERGY_ROOT);
}

static void
forget_answer(struct pane *p)
{
	buf_clear(&p->text);
	buf_clear(&p->thinking);
	p->n_pieces = 0;
	p->ids.n = 0;
	p->stats = (struct turn_stats){0};
	p->err = (struct err){0};
	p->reason = STOP_END;
	p->measured = false;
	p->joules = 0;
	p->status = PANE_IDLE;
}

static void
pane_done(struct pane *p)
{
	session_close(p->session);
	buf_done(&p->text);
	buf_done(&p->thinking);
	tok_ids_done(&p->ids);
	free(p->pieces);
	free(p->name);
	free(p->settings);
	free(p->system);
	*p = (struct pane){0};
}

void
compare_done(struct compare *c)
{
	for (size_t i = 0; i < c->n; i++)
		pane_done(&c->panes[i]);
	free(c->prompt);
	*c = (struct compare){0};
}

static char *
clean_line(const char *s)
{
	struct buf out = {0};
	char *line;

	text_clean_line(&out, s ? s : "", s ? strlen(s) : 0);
	line = mem_dup(buf_str(&out));
	buf_done(&out);
	return line;
}

static void
forget_scores(struct compare *c)
{
	c->scored = false;
	memset(c->cross, 0, sizeof c->cross);
	memset(c->pairs, 0, sizeof c->pairs);
}

bool
compare_add(struct compare *c, struct model *model, const struct compare_options *o, struct err *e)
{
	struct pane *p = &c->panes[c->n];
	struct session *s;

	if (c->n == COMPARE_MAX)
		return err_set(e, ERR_FAILED, "at most %d answers stand side by side", COMPARE_MAX);
	if (!sampler_params_check(&o->sampling, e) || !(s = session_open(model, &o->session, e)))
		return false;
	*p = (struct pane){.model = model, .session = s, .options = *o};
	p->name = clean_line(o->name);
	p->settings = clean_line(o->settings);
	p->system = mem_dup(o->system ? o->system : "");
	p->options.name = p->name;
	p->options.settings = p->settings;
	p->options.system = p->system;
	c->n++;
	forget_scores(c);
	return true;
}

void
compare_remove(struct compare *c, size_t i)
{
	assert(i < c->n && !compare_running(c));
	pane_done(&c->panes[i]);
	c->n--;
	memmove(&c->panes[i], &c->panes[i + 1], (c->n - i) * sizeof c->panes[0]);
	c->panes[c->n] = (struct pane){0};
	forget_scores(c);
}

void
compare_swap(struct compare *c, size_t i, size_t k)
{
	struct pane swap = c->panes[i];

	assert(i < c->n && k < c->n && !compare_running(c));
	c->panes[i] = c->panes[k];
	c->panes[k] = swap;
	forget_scores(c);
}

/* ---- asking ---- */

/* The messages of a prompt; M has room for two. */
static struct request
request_of(const struct pane *p, const char *prompt, struct chat_message m[2])
{
	bool has_system = *p->system != '\0';

	m[0] = (struct chat_message){"system", p->system};
	m[1] = (struct chat_message){"user", prompt};
	return (struct request){
		.messages = has_system ? m : m + 1,
		.n_messages = has_system ? 2 : 1,
		.sampling = p->options.sampling,
		.max_tokens = p->options.max_tokens,
		.think = p->options.think,
	};
}

static bool
is_asked(const struct pane *p)
{
	return p->status == PANE_READING || p->status == PANE_ANSWERING;
}

static bool
ask_pane(struct compare *c, struct pane *p)
{
	struct chat_message m[2];
	struct request r = request_of(p, c->prompt, m);
	struct err e = {0};

	/* Several at once share what the counters see. */
	p->measured = energy_update(&c->energy);
	p->joules_before = c->energy.joules;
	for (size_t i = 0; i < c->n; i++)
		if (is_asked(&c->panes[i]))
			p->measured = c->panes[i].measured = false;
	if (session_ask(p->session, &r, &e)) {
		p->status = PANE_READING;
		return true;
	}
	p->status = PANE_FAILED;
	p->err = e;
	return false;
}

/* Ask the next of those that wait, or all of them. */
static void
ask_waiting(struct compare *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_asked(&c->panes[i]) && !c->together)
			return;
	for (size_t i = 0; i < c->n; i++) {
		struct pane *p = &c->panes[i];

		if (p->status == PANE_WAITING && c->stopping) {
			p->status = PANE_DONE;
			p->reason = STOP_CANCELLED;
		} else if (p->status == PANE_WAITING && ask_pane(c, p) && !c->together) {
			return;
		}
	}
}

bool
compare_ask(struct compare *c, const char *prompt, struct err *e)
{
	char *old;

	if (compare_running(c))
		return err_set(e, ERR_FAILED, "the models are answering already");
	if (c->n == 0)
		return err_set(e, ERR_FAILED, "there is no model to ask");
	if (!*prompt)
		return err_set(e, ERR_USAGE, "the prompt is empty");
	old = c->prompt;
	c->prompt = mem_dup(prompt);		/* PROMPT may be the old one */
	free(old);
	c->stopping = false;
	forget_scores(c);
	for (size_t i = 0; i < c->n; i++) {
		forget_answer(&c->panes[i]);
		c->panes[i].status = PANE_WAITING;
	}
	ask_waiting(c);
	return true;
}

bool
compare_running(const struct compare *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_asked(&c->panes[i]) || c->panes[i].status == PANE_WAITING)
			return true;
	return false;
}

void
compare_stop(struct compare *c)
{
	c->stopping = true;
	for (size_t i = 0; i < c->n; i++)
		if (is_asked(&c->panes[i]))
			session_cancel(c->panes[i].session);
	ask_waiting(c);
}

int
compare_fds(const struct compare *c, int fds[COMPARE_MAX])
{
	int n = 0;

	for (size_t i = 0; i < c->n; i++)
		fds[n++] = session_wake_fd(c->panes[i].session);
	return n;
}

static void
add_piece(struct pane *p, const struct event *ev)
{
	if (p->n_pieces == p->pieces_cap) {
		p->pieces_cap = p->pieces_cap ? 2 * p->pieces_cap : 256;
		p->pieces = mem_grow(p->pieces, p->pieces_cap, sizeof *p->pieces);
	}
	p->pieces[p->n_pieces++] = (struct pane_piece){
		.at_s = ev->stats.first_s + ev->stats.generate_s,
		.len = (uint32_t)ev->len,
		.part = ev->part,
	};
	if (ev->len)
		buf_add(ev->part == PART_THINK ? &p->thinking : &p->text, ev->text, ev->len);
}

static void
take(struct pane *p, const struct event *ev)
{
	p->stats = ev->stats;
	switch (ev->kind) {
	case EVENT_PROMPT:
	case EVENT_CALL:		/* its text has come already */
		break;
	case EVENT_TOKEN:
		p->status = PANE_ANSWERING;
		if (ev->id != TOK_NONE)
			tok_ids_add(&p->ids, ev->id);
		add_piece(p, ev);
		break;
	case EVENT_DONE:
		p->status = PANE_DONE;
		p->reason = ev->reason;
		break;
	case EVENT_ERROR:
		p->status = PANE_FAILED;
		p->err = ev->err;
		break;
	}
}

static void
count_energy(struct compare *c, struct pane *p)
{
	p->measured &= energy_update(&c->energy);
	p->joules = p->measured ? c->energy.joules - p->joules_before : 0;
}

bool
compare_poll(struct compare *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->n; i++) {
		struct event ev;

		while (is_asked(&c->panes[i]) && session_next(c->panes[i].session, &ev)) {
			take(&c->panes[i], &ev);
			event_done(&ev);
			count_energy(c, &c->panes[i]);
			changed = true;
		}
	}
	if (changed)
		ask_waiting(c);
	return changed;
}

/* ---- scores ---- */

/* The text of FROM in the tokens of BY: those it was written in where both have the same, else as a text is read. */
static bool
answer_tokens(const struct pane *from, const struct pane *by, struct tok_ids *out, struct err *e)
{
	const struct tok *t = model_tok(by->model);
	struct buf text = {0};
	bool is_same = tok_is_same(model_tok(from->model), t);

	if (is_same) {
		tok_decode(t, from->ids.ids, from->ids.n, false, &text);
		is_same = text.len == from->text.len && memcmp(buf_str(&text), buf_str(&from->text), text.len) == 0;
	}
	buf_done(&text);
	if (!is_same)
		return tok_encode(t, buf_str(&from->text), from->text.len, (struct tok_flags){0}, out, e);
	for (size_t i = 0; i < from->ids.n; i++)
		tok_ids_add(out, from->ids.ids[i]);
	return true;
}

/* The answer of A under B: B reads the prompt in its own form, and the text in its own tokens. */
static bool
score_cross(const struct compare *c, size_t a, size_t b, const atomic_bool *cancel, struct compare_cross *out, struct err *e)
{
	const struct pane *from = &c->panes[a], *by = &c->panes[b];
	struct chat_message m[2];
	struct request r = request_of(by, c->prompt, m);
	struct tok_ids prompt = {0}, text = {0};
	struct score_sum sum;
	bool ok;

	r.think = THINK_OFF;
	ok = score_prompt(by->model, &r, true, &prompt, e) &&
	    answer_tokens(from, by, &text, e);
	if (ok && text.n > 0) {
		struct score_side side = {by->model, prompt.ids, prompt.n, by->options.session.kv};

		ok = score_text(&side, NULL, text.ids, text.n, cancel, &sum, e);
		if (ok)
			*out = (struct compare_cross){.known = true, .n_tokens = sum.n,
			    .bits_per_byte = score_bits_per_byte(sum.nll, from->text.len)};
	}
	tok_ids_done(&prompt);
	tok_ids_done(&text);
	return ok;
}

static size_t
first_difference(const struct tok_ids *a, const struct tok_ids *b)
{
	size_t n = a->n < b->n ? a->n : b->n, i = 0;

	while (i < n && a->ids[i] == b->ids[i])
		i++;
	return i == a->n && i == b->n ? SIZE_MAX : i;
}

static bool
score_pair(const struct compare *c, size_t a, size_t b, const atomic_bool *cancel, struct compare_pair *out, struct err *e)
{
	const struct pane *from = &c->panes[a], *by = &c->panes[b];
	struct chat_message m[2][2];
	struct request ra = request_of(from, c->prompt, m[0]), rb = request_of(by, c->prompt, m[1]);
	struct tok_ids pa = {0}, pb = {0};
	struct score_sum sum;
	bool ok;

	*out = (struct compare_pair){.n = from->ids.n};
	if (!tok_is_same(model_tok(from->model), model_tok(by->model)) ||
	    model_info(from->model)->n_vocab != model_info(by->model)->n_vocab)
		return true;
	out->same_vocab = true;
	out->first_difference = first_difference(&from->ids, &by->ids);
	if (from->ids.n == 0)
		return true;
	ok = score_prompt(from->model, &ra, false, &pa, e) && score_prompt(by->model, &rb, false, &pb, e);
	if (ok) {
		struct score_side sa = {from->model, pa.ids, pa.n, from->options.session.kv};
		struct score_side sb = {by->model, pb.ids, pb.n, by->options.session.kv};

		ok = score_text(&sb, &sa, from->ids.ids, from->ids.n, cancel, &sum, e);
	}
	if (ok) {
		out->has_kl = true;
		out->kl = sum.kl;
		out->same_top = (double)sum.n_same_top / (double)sum.n;
		out->first_other = sum.first_other;
	}
	tok_ids_done(&pa);
	tok_ids_done(&pb);
	return ok;
}

bool
compare_score(struct compare *c, const atomic_bool *cancel, void (*tell)(void *ctx, size_t done, size_t total), void *ctx,
    struct err *e)
{
	size_t total = c->n * c->n, done = 0;

	forget_scores(c);
	for (size_t a = 0; a < c->n; a++)
		for (size_t b = 0; b < c->n; b++) {
			struct compare_cross *cross = &c->cross[a][b];

			/* What one model cannot tell takes nothing from what the others can. */
			if (!score_cross(c, a, b, cancel, cross, &cross->err) ||
			    (a != b && !score_pair(c, a, b, cancel, &c->pairs[a][b], &cross->err)))
				if (cross->err.kind == ERR_CANCELLED) {
					*e = cross->err;
					return false;
				}
			if (tell)
				tell(ctx, ++done, total);
		}
	c->scored = true;
	return true;
}

/* ---- figures ---- */

double
pane_rate(const struct pane *p)
{
	/* The first token comes with the prompt; the time after it is that of the others. */
	return p->stats.n_generated > 1 && p->stats.generate_s > 0 ?
	    (p->stats.n_generated - 1) / p->stats.generate_s : 0;
}

double
pane_first_s(const struct pane *p)
{
	return p->stats.n_generated > 0 ? p->stats.first_s : -1;
}

double
pane_energy(const struct pane *p)
{
	return p->measured && p->stats.n_generated > 0 ? p->joules / p->stats.n_generated : -1;
}

uint64_t
pane_memory(const struct pane *p)
{
	const struct model_info *info = model_info(p->model);
	struct session_memory m = session_memory(p->session);

	/* Weights are packed into memory of our own, or used where the file is mapped. */
	return (info->resident_bytes > info->file_bytes ? info->resident_bytes : info->file_bytes) + m.kv + m.scratch;
}

const char *
pane_ending(const struct pane *p)
{
	return p->status == PANE_FAILED ? "failed" : p->status == PANE_DONE ? stop_reason_name(p->reason) : "";
}

void
pane_token(const struct pane *p, size_t i, struct buf *out)
{
	if (i < p->ids.n)
		tok_bytes(model_tok(p->model), p->ids.ids[i], true, out);
}
