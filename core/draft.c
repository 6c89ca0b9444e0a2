/* A draft model; see draft.h. */
#include "core/draft.h"

#include <assert.h>

#include "core/base/clock.h"
#include "core/session.h"

#define SURE 0.4f
#define LATELY 8			/* drafts that token_s is an average of */
#define NEXT 2				/* tokens since the last draft when all of that was right */

static bool
suits(const struct model *m, const struct model *of, struct err *e)
{
	if (m->hp.n_encoder > 0 || of->hp.n_encoder > 0)
		return err_set(e, ERR_FAILED, "%s cannot draft for %s: models with an encoder take no part in this",
		    m->info.name, of->info.name);
	if (m->n_state > 0)
		return err_set(e, ERR_FAILED, "%s cannot draft: its recurrent layers cannot take back what was refused; "
		    "choose a draft model without them", m->info.name);
	if (m != of && (!m->tok || !tok_is_same(m->tok, of->tok)))
		return err_set(e, ERR_FAILED, "%s cannot draft for %s: their vocabularies differ; choose a smaller model of "
		    "the same family", m->info.name, of->info.name);
	return true;
}

bool
model_take_draft(struct model *m, struct model *draft, struct err *e)
{
	assert(!m->draft && m != draft);
	if (!suits(draft, m, e))
		return false;
	m->draft = draft;
	return true;
}

bool
draft_open(struct draft *d, struct model *m, const struct model *of, const struct session_options *o, struct err *e)
{
	struct session_options own = {.n_ctx = o->n_ctx, .kv = o->kv, .speculate = SPECULATE_OFF};
	struct sampler_params greedy;

	*d = (struct draft){.sure = SURE};
	if (!suits(m, of, e))
		return false;
	sampler_params_default(&greedy);
	greedy.temp = 0;
	d->sampler = sampler_new(&greedy, m->hp.n_vocab, e);
	d->s = d->sampler ? session_open(m, &own, e) : NULL;
	if (d->s)
		return true;
	draft_close(d);
	return err_wrap(e, "the draft model");
}

void
draft_close(struct draft *d)
{
	session_close(d->s);
	sampler_free(d->sampler);
	*d = (struct draft){0};
}

/* The timeline of the draft's session becomes IDS. */
static bool
follow(struct draft *d, const uint32_t *ids, uint32_t n, run_step_fn *step, void *ctx)
{
	struct session *s = d->s;
	struct err unsuited;
	uint32_t same = 0;
	bool stopped;

	while (same < s->n_past && same + 1 < n && s->past[same] == ids[same])
		same++;
	same = session_cut(s, same);
	d->n_passes++;
	return session_advance(s, ids + same, n - same, NULL, step, ctx, &stopped, &unsuited) && !stopped;
}

void
draft_read(struct draft *d, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx)
{
	uint32_t before = d->s->n_past;
	double start = clock_s();

	if (n < 2 || n > d->s->n_ctx || !follow(d, ids, (uint32_t)n - 1, step, ctx))
		return;
	if (d->s->n_past > before + NEXT)
		d->read_s = (clock_s() - start) / (d->s->n_past - before);
}

double
draft_lag_s(const struct draft *d, size_t n)
{
	size_t lag = n > d->s->n_past ? n - d->s->n_past : 0;

	return lag > NEXT ? lag * d->read_s : 0;
}

size_t
draft_write(struct draft *d, const uint32_t *ids, size_t n, uint32_t *out, size_t max, run_step_fn *step, void *ctx)
{
	struct err unsuited;
	size_t n_out = 0, n_passes;
	bool stopped = false, lags = d->s->n_past + NEXT < n;
	double start = clock_s();

	if (n == 0 || n + max > d->s->n_ctx || !follow(d, ids, (uint32_t)n, step, ctx))
		return 0;
	if (lags)		/* to catch up is no part of what a token costs */
		start = clock_s();
	for (;;) {
		struct sampler_choice c = sampler_choose(d->sampler, d->s->logits);

		if (c.p < d->sure || (d->s->m->tok && tok_is_end(d->s->m->tok, c.id)))
			break;
		out[n_out++] = c.id;
		if (n_out == max)
			break;
		if (!session_advance(d->s, &c.id, 1, NULL, step, ctx, &stopped, &unsuited) || stopped)
			return 0;
		d->n_passes++;
	}
	n_passes = n_out - (lags && n_out > 0);
	if (n_passes > 0) {
		double s = (clock_s() - start) / (double)n_passes;

		d->token_s += d->token_s == 0 ? s : (s - d->token_s) / LATELY;
	}
	return n_out;
}
