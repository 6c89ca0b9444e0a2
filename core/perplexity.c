/* Perplexity; see perplexity.h.
 * The second half of a window is computed in chunks; the scores of a chunk's tokens are spread over the pool, each whole
 * by one thread, so that the figures do not depend on the number of threads. */
#include "core/perplexity.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/model.h"
#include "core/pool.h"
#include "core/score.h"
#include "core/tok/tok.h"

enum {
	LOGIT_BYTES = 64 << 20,		/* of one model's chunk at most */
	CHUNK = 256,			/* tokens of a chunk at most */
	N_SUMS = 3,			/* -ln p, base's, divergence */
};

struct sums {
	double sum, squares;		/* over tokens */
	double window, window_sum, window_squares;	/* window: of the one at hand */
};

struct perplexity {
	const struct perplexity_options *o;
	struct perplexity_result *r;
	struct model *m;
	struct session *s, *base;	/* base NULL: none */
	uint32_t *window;		/* [n_ctx] */
	float *logits, *base_logits;	/* [chunk][n_vocab] */
	struct score *scores;		/* [chunk] */
	float *kls;			/* of every token scored */
	size_t chunk, n_vocab, n_same;
	struct sums sums[N_SUMS];
	const uint32_t *next;		/* what came after each token of the chunk */
};

static void
score_token(void *ctx, size_t i, int worker)
{
	const struct perplexity *p = ctx;

	(void)worker;
	score_row(&p->m->kern->vec, p->logits + i * p->n_vocab, p->base ? p->base_logits + i * p->n_vocab : NULL, p->n_vocab,
	    p->next[i], &p->scores[i]);
}

static void
add(struct sums *s, double v)
{
	s->sum += v;
	s->squares += v * v;
	s->window += v;
}

static void
take_scores(struct perplexity *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct score *s = &p->scores[i];

		add(&p->sums[0], s->nll);
		add(&p->sums[1], s->base_nll);
		add(&p->sums[2], s->kl);
		if (p->kls)
			p->kls[p->r->n_scored] = (float)s->kl;
		p->n_same += s->top == s->base_top;
		p->r->n_scored++;
	}
}

static bool
is_cancelled(const struct perplexity *p, struct err *e)
{
	return p->o->cancel && atomic_load(p->o->cancel) && !err_set(e, ERR_CANCELLED, "interrupted");
}

static bool
eval(struct perplexity *p, const uint32_t *ids, size_t n, bool is_scored, struct err *e)
{
	if (is_cancelled(p, e))
		return false;
	if (!session_eval(p->s, ids, n, is_scored ? p->logits : NULL, e))
		return false;
	return !p->base || session_eval(p->base, ids, n, is_scored ? p->base_logits : NULL, e);
}

static void
tell(const struct perplexity *p, uint64_t done, uint64_t total)
{
	if (p->o->progress)
		p->o->progress(p->o->ctx, done, total, p->r->n_scored ? p->sums[0].sum / (double)p->r->n_scored : 0);
}

/* The window of number I: its first half read, its second half scored. */
static bool
run_window(struct perplexity *p, const uint32_t *ids, size_t i, size_t n_windows, struct err *e)
{
	const struct tok *t = model_tok(p->m);
	uint32_t n = p->o->n_ctx, first = n / 2;
	double n_scored = (double)(n - first - 1);

	memcpy(p->window, ids, n * sizeof *p->window);
	if (t && tok_adds_bos(t) && tok_bos(t) != TOK_NONE)
		p->window[0] = tok_bos(t);
	session_truncate(p->s, 0);
	if (p->base)
		session_truncate(p->base, 0);
	if (first > 0 && !eval(p, p->window, first, false, e))
		return false;
	for (uint32_t at = first; at + 1 < n; at += (uint32_t)p->chunk) {
		size_t len = n - 1 - at < p->chunk ? n - 1 - at : p->chunk;

		tell(p, i * n + at, (uint64_t)n_windows * n);
		if (!eval(p, p->window + at, len, true, e))
			return false;
		p->next = p->window + at + 1;
		pool_run(p->m->pool, len, score_token, p);
		take_scores(p, len);
	}
	for (int k = 0; k < N_SUMS; k++) {
		double mean = p->sums[k].window / n_scored;

		p->sums[k].window_sum += mean;
		p->sums[k].window_squares += mean * mean;
		p->sums[k].window = 0;
	}
	return true;
}

/* Of the mean of N numbers, from their sum and the sum of their squares. */
static double
error_of_mean(double sum, double squares, size_t n)
{
	double mean = sum / (double)n, variance = squares / (double)n - mean * mean;

	return n > 1 && variance > 0 ? sqrt(variance / (double)(n - 1)) : 0;
}

static struct perplexity_mean
mean_of(const struct sums *s, size_t n, size_t n_windows)
{
	return (struct perplexity_mean){
		.mean = s->sum / (double)n,
		.error_tokens = error_of_mean(s->sum, s->squares, n),
		.error_windows = error_of_mean(s->window_sum, s->window_squares, n_windows),
	};
}

static int
by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void
finish(struct perplexity *p, size_t n_windows)
{
	struct perplexity_result *r = p->r;
	double part;

	r->n_windows = n_windows;
	r->nll = mean_of(&p->sums[0], r->n_scored, n_windows);
	if (!p->base)
		return;
	r->base_nll = mean_of(&p->sums[1], r->n_scored, n_windows);
	r->kl = mean_of(&p->sums[2], r->n_scored, n_windows);
	qsort(p->kls, r->n_scored, sizeof *p->kls, by_size);
	r->kl_median = (double)p->kls[r->n_scored / 2];
	r->kl_99 = (double)p->kls[(r->n_scored * 99 + 99) / 100 - 1];
	r->kl_max = (double)p->kls[r->n_scored - 1];
	part = (double)p->n_same / (double)r->n_scored;
	r->same_top = part;
	r->same_top_error = r->n_scored > 1 ? sqrt(part * (1 - part) / (double)(r->n_scored - 1)) : 0;
}

/* ---- setting up ---- */

static bool
check(struct model *m, struct model *base, const uint32_t *ids, size_t n, const struct perplexity_options *o, struct err *e)
{
	uint32_t n_vocab = model_info(m)->n_vocab;

	if (model_info(m)->has_encoder || (base && model_info(base)->has_encoder))
		return err_set(e, ERR_FAILED, "a model with an encoder does not go on with a text, so it cannot be measured by one");
	if (base && model_info(base)->n_vocab != n_vocab)
		return err_set(e, ERR_FAILED, "the base has %" PRIu32 " words, the model %" PRIu32 ": they cannot be compared",
		    model_info(base)->n_vocab, n_vocab);
	if (n < o->n_ctx)
		return err_set(e, ERR_FAILED, "the text has %zu tokens, a window has %" PRIu32 " (--ctx)", n, o->n_ctx);
	for (size_t i = 0; i < n; i++)
		if (ids[i] >= n_vocab)
			return err_set(e, ERR_FAILED, "token %" PRIu32 " is not in the model's vocabulary of %" PRIu32, ids[i], n_vocab);
	return true;
}

static bool
allocate(struct perplexity *p, struct model *base, size_t n_windows, struct err *e)
{
	struct session_options so = {.n_ctx = p->o->n_ctx, .kv = p->o->kv, .speculate = SPECULATE_OFF};
	size_t per_window = p->o->n_ctx - p->o->n_ctx / 2 - 1;

	p->n_vocab = model_info(p->m)->n_vocab;
	p->chunk = LOGIT_BYTES / sizeof(float) / p->n_vocab;
	p->chunk = p->chunk < 1 ? 1 : p->chunk > CHUNK ? CHUNK : p->chunk;
	p->window = mem_try(p->o->n_ctx, sizeof *p->window, "a window", e);
	p->scores = mem_try(p->chunk, sizeof *p->scores, "scores", e);
	p->logits = mem_try(p->chunk, p->n_vocab * sizeof *p->logits, "logits", e);
	if (!p->window || !p->scores || !p->logits || !(p->s = session_open(p->m, &so, e)))
		return false;
	if (!base)
		return true;
	p->base_logits = mem_try(p->chunk, p->n_vocab * sizeof *p->base_logits, "logits", e);
	p->kls = mem_try(n_windows, per_window * sizeof *p->kls, "divergences", e);
	return p->base_logits && p->kls && (p->base = session_open(base, &so, e));
}

bool
perplexity_run(struct model *m, struct model *base, const uint32_t *ids, size_t n, const struct perplexity_options *o,
    struct perplexity_result *r, struct err *e)
{
	struct perplexity p = {.o = o, .r = r, .m = m};
	double start = clock_s();
	size_t n_windows;
	bool ok;

	*r = (struct perplexity_result){0};
	if (!check(m, base, ids, n, o, e))
		return false;
	n_windows = n / o->n_ctx;
	if (o->max_windows > 0 && n_windows > o->max_windows)
		n_windows = o->max_windows;
	ok = allocate(&p, base, n_windows, e);
	for (size_t i = 0; ok && i < n_windows; i++)
		ok = run_window(&p, ids + i * o->n_ctx, i, n_windows, e);
	if (ok)
		finish(&p, n_windows);
	r->seconds = clock_s() - start;
	session_close(p.s);
	session_close(p.base);
	free(p.window);
	free(p.scores);
	free(p.logits);
	free(p.base_logits);
	free(p.kls);
	return ok;
}
