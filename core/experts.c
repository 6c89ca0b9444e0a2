/* The mixture of experts (Shazeer et al. 2017): a router chooses a few feed forwards for every token.  Tokens are
 * gathered by expert, so that the weights of each are read once for all tokens that go there. */
#include <math.h>
#include <string.h>

#include "core/block.h"

enum { ROUTE_TOKENS = 4 };		/* tokens of a chunk */

/* ---- which experts ---- */

static bool
is_among(const uint32_t *list, uint32_t n, uint32_t x)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == x)
			return true;
	return false;
}

/* The first of the largest not chosen yet; some expert even where all are NaN. */
static uint32_t
best_but(const float *p, uint32_t n_experts, const uint32_t *chosen, uint32_t n_chosen)
{
	uint32_t best = n_experts;

	for (uint32_t i = 0; i < n_experts; i++)
		if (!is_among(chosen, n_chosen, i) && (best == n_experts || p[i] > p[best]))
			best = i;
	return best;
}

void
route_softmax(const struct kern_vec *vec, const struct hparam *h, float *logits, uint32_t *expert, float *weight)
{
	vec->softmax(logits, h->n_experts);
	for (uint32_t i = 0; i < h->n_used; i++) {
		expert[i] = best_but(logits, h->n_experts, expert, i);
		weight[i] = logits[expert[i]];
	}
}

void
route_renormed(const struct kern_vec *vec, const struct hparam *h, float *logits, uint32_t *expert, float *weight)
{
	float sum = 0;

	route_softmax(vec, h, logits, expert, weight);
	for (uint32_t i = 0; i < h->n_used; i++)
		sum += weight[i];
	/* The chosen may all be improbable to the last bit of a float. */
	vec->scale(weight, weight, 1 / fmaxf(sum, 0x1p-14f), h->n_used);
}

struct experts_ctx {
	struct run *r;
	const struct layer *l;
	route_fn *route;
};

static void
route_token(const struct experts_ctx *c, size_t t)
{
	const struct hparam *h = &c->r->m->hp;
	const struct route *o = &c->r->route;
	const struct kern_vec *vec = &c->r->k->vec;
	const float *scale = c->l->w[W_expert_scale].vec;
	float *logits = o->logits + t * h->n_experts, *weight = o->weight + t * h->n_used;
	uint32_t *expert = o->expert + t * h->n_used;

	if (h->router_scale != 1)
		vec->scale(logits, logits, h->router_scale, h->n_experts);
	c->route(vec, h, logits, expert, weight);
	for (uint32_t i = 0; scale && i < h->n_used; i++)
		weight[i] *= scale[expert[i]];
}

static void
route_chunk(void *ctx, size_t chunk, int worker)
{
	const struct experts_ctx *c = ctx;

	(void)worker;
	for (size_t t = chunk * ROUTE_TOKENS; t < (chunk + 1) * ROUTE_TOKENS && t < c->r->n; t++)
		route_token(c, t);
}

/* Counting sort: the rows of each expert together, tokens in order. */
static void
gather(struct run *r)
{
	const struct route *o = &r->route;
	uint32_t n_experts = r->m->hp.n_experts, n_used = r->m->hp.n_used;
	size_t n = r->n * n_used;

	memset(o->first, 0, (n_experts + 1) * sizeof *o->first);
	for (size_t i = 0; i < n; i++)
		o->first[o->expert[i] + 1]++;
	for (uint32_t e = 0; e < n_experts; e++)
		o->first[e + 1] += o->first[e];
	for (size_t i = 0; i < n; i++) {
		o->row[i] = o->first[o->expert[i]]++;
		o->from[o->row[i]] = (uint32_t)(i / n_used);
	}
	memmove(o->first + 1, o->first, n_experts * sizeof *o->first);
	o->first[0] = 0;
}

static void
choose(struct run *r, const struct layer *l, struct norm norm, route_fn *route)
{
	const struct hparam *h = &r->m->hp;
	struct experts_ctx c = {r, l, route};
	struct mul_job j = {
		.part = {
			{.w = &l->w[W_router], .y = r->route.logits, .y_stride = h->n_experts},
			{.w = &l->w[W_shared_router], .y = r->route.shared, .y_stride = 1},
		},
		.n_parts = l->w[W_shared_router].stored ? 2 : 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, h->n_embd, norm, &j);
	mul_run(r, &j);
	pool_run(r->pool, (r->n + ROUTE_TOKENS - 1) / ROUTE_TOKENS, route_chunk, &c);
	gather(r);
	times_lap(&r->times, TIME_other);
}

/* ---- what they compute ---- */

static void
run_experts(struct run *r, const struct layer *l, struct norm norm)
{
	const struct hparam *h = &r->m->hp;
	const struct route *o = &r->route;
	struct mul_job in = {
		.part = {
			{.w = &l->w[W_expert_gate], .y = o->ff, .y_stride = h->n_ff_expert},
			{.w = &l->w[W_expert_up]},
		},
		.n_parts = 2,
		.into = MUL_GATE,
		.gate = block_gate(&r->k->vec, r->m->arch->expert_act),
		.n = r->n * h->n_used,
		.gathered = true,
		.from = o->from,
	};
	struct mul_job out = {
		.part = {{.w = &l->w[W_expert_down], .y = o->out, .y_stride = h->n_embd}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = in.n,
		.gathered = true,
	};

	act_prepare(r, r->x, h->n_embd, norm, &in);
	mul_run(r, &in);
	act_prepare(r, o->ff, h->n_ff_expert, (struct norm){0}, &out);
	mul_run(r, &out);
}

/* What every token passes: the shared expert, or the dense feed forward beside the experts. */
struct beside {
	const struct weight *gate, *up, *down;
};

static struct beside
beside_of(const struct layer *l)
{
	if (l->w[W_shared_up].stored)
		return (struct beside){&l->w[W_shared_gate], &l->w[W_shared_up], &l->w[W_shared_down]};
	return (struct beside){&l->w[W_ffn_gate], &l->w[W_ffn_up], &l->w[W_ffn_down]};
}

/* Into branch. */
static void
run_beside(struct run *r, struct beside b, struct norm norm)
{
	const struct hparam *h = &r->m->hp;
	size_t n_ff = b.up->n_rows;
	struct mul_job in = {
		.part = {{.w = b.gate, .y = r->ff, .y_stride = n_ff}, {.w = b.up}},
		.n_parts = 2,
		.into = MUL_GATE,
		.gate = block_gate(&r->k->vec, r->m->arch->expert_act),
		.n = r->n,
	};
	struct mul_job out = {
		.part = {{.w = b.down, .y = r->branch, .y_stride = h->n_embd}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, h->n_embd, norm, &in);
	mul_run(r, &in);
	act_prepare(r, r->ff, n_ff, (struct norm){0}, &out);
	mul_run(r, &out);
}

static void
norm_in_place(const struct run *r, float *x, const float *norm)
{
	if (norm)
		r->k->vec.rms_norm(x, x, norm, r->m->hp.n_embd, r->m->hp.norm_eps);
}

static void
combine_token(const struct run *r, const struct layer *l, size_t t)
{
	const struct hparam *h = &r->m->hp;
	const struct kern_vec *vec = &r->k->vec;
	const struct route *o = &r->route;
	float *sum = o->out + o->row[t * h->n_used] * (size_t)h->n_embd, *y;

	vec->scale(sum, sum, o->weight[t * h->n_used], h->n_embd);
	for (uint32_t i = 1; i < h->n_used; i++) {
		y = o->out + o->row[t * h->n_used + i] * (size_t)h->n_embd;
		vec->scale(y, y, o->weight[t * h->n_used + i], h->n_embd);
		vec->add(sum, sum, y, h->n_embd);
	}
	norm_in_place(r, sum, l->w[W_expert_post_norm].vec);
	if (beside_of(l).up->stored) {
		y = r->branch + t * h->n_embd;
		if (l->w[W_shared_router].stored)
			vec->scale(y, y, 1 / (1 + expf(-o->shared[t])), h->n_embd);
		norm_in_place(r, y, l->w[W_beside_post_norm].vec);
		vec->add(sum, sum, y, h->n_embd);
	}
	norm_in_place(r, sum, l->w[W_ffn_post_norm].vec);
	vec->add(r->x + t * h->n_embd, r->x + t * h->n_embd, sum, h->n_embd);
}

static void
combine_chunk(void *ctx, size_t chunk, int worker)
{
	const struct experts_ctx *c = ctx;

	(void)worker;
	for (size_t t = chunk * ROUTE_TOKENS; t < (chunk + 1) * ROUTE_TOKENS && t < c->r->n; t++)
		combine_token(c->r, c->l, t);
}

static struct norm
own_norm(const struct layer *l, enum weight_id w, struct norm other)
{
	return l->w[w].vec ? (struct norm){l->w[w].vec, NULL} : other;
}

void
block_experts(struct run *r, const struct layer *l, route_fn *route)
{
	struct norm norm = {l->w[W_ffn_norm].vec, l->w[W_ffn_norm_bias].vec};
	struct experts_ctx c = {r, l, route};

	choose(r, l, own_norm(l, W_router_scale, norm), route);
	run_experts(r, l, own_norm(l, W_expert_norm, norm));
	if (beside_of(l).up->stored)
		run_beside(r, beside_of(l), norm);
	pool_run(r->pool, (r->n + ROUTE_TOKENS - 1) / ROUTE_TOKENS, combine_chunk, &c);
	times_lap(&r->times, TIME_other);
}
