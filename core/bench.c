/* How fast a model is; see bench.h. */
#include "core/bench.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/minnow.h"
#include "core/session.h"

/* Any tokens do: the work does not depend on them.  A fixed sequence (Numerical Recipes' generator) all the same. */
static void
fill_ids(uint32_t *ids, uint32_t n, uint32_t n_vocab)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		ids[i] = (x >> 8) % n_vocab;
	}
}

enum { FILL = 512 };		/* tokens that there are at least */

/* The timeline is T's depth long, and holds anything. */
static bool
go_to_depth(struct session *s, const struct bench_test *t, const uint32_t *ids, struct err *e)
{
	uint32_t n = session_truncate(s, t->depth);

	if (n == t->depth)
		return true;
	for (uint32_t len; n < t->depth; n += len) {
		len = t->depth - n < FILL ? t->depth - n : FILL;
		if (!session_eval(s, ids, len, NULL, e))
			return false;
	}
	session_mark(s);
	return true;
}

/* A run of N tokens of T. */
static bool
run_once(struct session *s, const struct bench_test *t, const uint32_t *ids, uint32_t n, double *seconds, struct err *e)
{
	uint32_t step = t->kind == BENCH_PROMPT ? n : 1;
	double start = clock_s();

	if (model_info(s->m)->has_encoder && t->kind == BENCH_PROMPT && n > 1) {
		if (!session_encode(s, ids, n, e))
			return false;
		*seconds = clock_s() - start;
		return true;
	}
	for (uint32_t i = 0; i < n; i += step)
		if (!session_eval(s, ids + i, step, NULL, e))
			return false;
	*seconds = clock_s() - start;
	return true;
}

static bool
prepare(struct session *s, const struct bench_test *t, const uint32_t *ids, struct err *e)
{
	/* An encoder does not read the same twice, and a decoder needs it to have read something. */
	if (model_info(s->m)->has_encoder) {
		if (t->depth > 0)
			return err_set(e, ERR_USAGE, "tests at a depth are not for models with an encoder");
		session_truncate(s, 0);
		return session_encode(s, &(uint32_t){0}, 1, e);
	}
	return go_to_depth(s, t, ids, e);
}

static uint32_t *
make_ids(const struct session *s, uint32_t n, struct err *e)
{
	uint32_t *ids;

	n = n > FILL ? n : FILL;
	ids = mem_try(n, sizeof *ids, "tokens", e);
	if (ids)
		fill_ids(ids, n, model_info(s->m)->n_vocab);
	return ids;
}

bool
bench_warm(struct session *s, const struct bench_test *t, struct err *e)
{
	uint32_t *ids = make_ids(s, t->n, e);
	double seconds;
	bool ok = ids && prepare(s, t, ids, e) &&
	    run_once(s, t, ids, t->kind == BENCH_PROMPT || t->n < 2 ? t->n : 2, &seconds, e);

	free(ids);
	return ok;
}

/* ---- what there is to do ---- */

/* Of one token, by what it is for. */
struct cost {
	double bytes[TIME_COUNT], ops[TIME_COUNT];
	double ops_of[ROOF_COUNT];
};

/* Of a product of N tokens.  Ternary weights go through tiles as bytes, of which these could do twice as many. */
static enum roof
roof_of(const struct weight *w, size_t n)
{
	const struct qtype_info *q = qtype_info(w->type);

	if (weight_is_many(w, n) && w->mat->act_many != ACT_f32)
		return ROOF_TILE;
	if (q->act == ACT_f32)
		return ROOF_FMA;
	return q->block_bytes >= q->block_len ? ROOF_DOT8 : ROOF_DOT4;
}

static void
add_weight(struct cost *c, const struct weight *w, uint32_t n_used, size_t n_tokens)
{
	double n = w->n_matrices > 1 ? n_used : 1, ops = 2.0 * (double)w->n_rows * (double)w->n_cols * n;

	if (!w->panels || w->is_vector)
		return;
	c->bytes[w->time] += (double)(weight_panels(w) * w->panel_bytes) * n;
	c->ops[w->time] += ops;
	if (w->time != TIME_head)
		c->ops_of[roof_of(w, n_tokens)] += ops;
}

/* In passes of N_TOKENS. */
static struct cost
cost_of(const struct model *m, size_t n_tokens)
{
	struct cost c = {0};

	for (int id = 0; id < W_COUNT; id++)
		add_weight(&c, &m->w[id], (uint32_t)m->w[id].n_matrices, n_tokens);
	for (uint32_t i = 0; i < m->hp.n_layers; i++)
		for (int id = 0; id < W_COUNT; id++)
			if (id != W_cross_k && id != W_cross_v)
				add_weight(&c, &m->layers[i].w[id], m->hp.n_used, n_tokens);
	return c;
}

static void
set_work(struct bench_result *r, const struct session *s, const struct bench_test *t)
{
	struct cost c = cost_of(s->m, t->kind == BENCH_GENERATE ? 1 : t->n);

	if (t->kind == BENCH_GENERATE) {
		r->what = ROOF_READ;
		for (uint32_t i = 0; i < t->n; i++)
			r->work_by[TIME_attn] += (double)kv_bytes_read(&s->kv, t->depth + i);
		r->work = r->work_by[TIME_attn] + (double)t->n * (double)model_info(s->m)->weight_bytes;
		for (int k = 0; k < TIME_COUNT; k++)
			r->work_by[k] += c.bytes[k] * t->n;
		return;
	}
	r->what = ROOF_DOT4;
	for (int i = ROOF_DOT4; i < ROOF_DENSE; i++)
		if (c.ops_of[i] > c.ops_of[r->what])
			r->what = (enum roof)i;
	for (int k = 0; k < TIME_COUNT; k++) {
		r->work_by[k] = c.ops[k] * (k == TIME_head ? 1 : t->n);		/* the last token's logits only */
		r->work += r->work_by[k];
	}
}

/* ---- where the time went ---- */

struct spent {
	uint64_t ns[TIME_COUNT], wait_ns[TIME_COUNT];
};

static void
read_spent(const struct session *s, uint64_t *rows, struct spent *out)
{
	*out = (struct spent){0};
	for (enum pass_kind p = 0; p < PASS_COUNT; p++) {
		struct session_times t;
		uint32_t n = session_times(s, p, &t, rows);

		for (size_t i = 0; i < (size_t)n * TIME_COUNT; i++)
			out->ns[i % TIME_COUNT] += rows[i];
		for (int k = 0; k < TIME_COUNT; k++)
			out->wait_ns[k] += t.wait_by[k];
	}
}

static void
subtract(struct spent *to, const struct spent *from)
{
	for (int k = 0; k < TIME_COUNT; k++) {
		to->ns[k] -= from->ns[k];
		to->wait_ns[k] -= from->wait_ns[k];
	}
}

/* The middle one by time; of two, the faster. */
static uint32_t
typical_run(const struct bench_result *r)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < r->reps; i++) {
		uint32_t before = 0;

		for (uint32_t j = 0; j < r->reps; j++)
			before += r->seconds[j] < r->seconds[i] || (r->seconds[j] == r->seconds[i] && j < i);
		if (before == (r->reps - 1) / 2)
			best = i;
	}
	return best;
}

bool
bench_run(struct session *s, const struct bench_test *t, uint32_t reps, bool roof, struct bench_result *r,
    struct err *e)
{
	struct session_times times;
	uint64_t *rows = mem_new0((size_t)session_times(s, PASS_ONE, &times, NULL) * TIME_COUNT, sizeof *rows);
	struct spent *spent = mem_new0(reps, sizeof *spent), from;
	uint32_t *ids = make_ids(s, t->n, e);
	bool ok = ids != NULL;

	*r = (struct bench_result){.reps = reps, .seconds = mem_new0(reps, sizeof *r->seconds)};
	r->roof = roof ? mem_new0(reps, sizeof *r->roof) : NULL;
	set_work(r, s, t);
	for (uint32_t i = 0; ok && i < reps; i++) {
		if (roof)
			r->roof[i] = engine_measure(s->m->engine, r->what);
		ok = prepare(s, t, ids, e);
		read_spent(s, rows, &from);
		ok = ok && run_once(s, t, ids, t->n, &r->seconds[i], e);
		read_spent(s, rows, &spent[i]);
		subtract(&spent[i], &from);
	}
	r->typical = typical_run(r);
	memcpy(r->ns, spent[r->typical].ns, sizeof r->ns);
	memcpy(r->wait_ns, spent[r->typical].wait_ns, sizeof r->wait_ns);
	free(spent);
	free(rows);
	free(ids);
	return ok;
}

void
bench_result_done(struct bench_result *r)
{
	free(r->seconds);
	free(r->roof);
	*r = (struct bench_result){0};
}

struct model *
bench_first(struct engine *g, const char *path, const struct session_options *o, uint32_t n, double *seconds,
    struct err *e)
{
	double start = clock_s(), took;
	struct model *m = model_open(g, path, e);
	struct session *s = m ? session_open(m, o, e) : NULL;
	struct bench_test t = {.kind = BENCH_PROMPT, .n = n};
	uint32_t *ids = s ? make_ids(s, n, e) : NULL;
	bool ok = ids && prepare(s, &t, ids, e) && run_once(s, &t, ids, n, &took, e);
	size_t at;

	if (ok && !model_info(m)->has_encoder)
		m->kern->vec.max(session_logits(s), model_info(m)->n_vocab, &at);
	*seconds = clock_s() - start;
	free(ids);
	session_close(s);
	if (ok)
		return m;
	model_close(m);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_median(double *x, size_t n)
{
	qsort(x, n, sizeof *x, compare);
	return n == 0 ? 0 : n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}
