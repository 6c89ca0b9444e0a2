/* Embeddings of each layer; see layer_embd.h. */
#include "core/layer_embd.h"

#include <assert.h>
#include <math.h>

enum { GATE_TOKENS = 8 };		/* tokens of a chunk */

struct begin_ctx {
	struct run *r;
	const uint32_t *ids;
};

static void
begin_chunk(void *ctx, size_t t, int worker)
{
	const struct begin_ctx *c = ctx;
	const struct run *r = c->r;
	const struct hparam *h = &r->m->hp;
	const struct kern_vec *vec = &r->k->vec;
	const struct weight *table = &r->m->w[W_layer_embd_table];
	size_t n = h->n_embd_layer;
	float *in = r->layer_in + t * table->n_cols;
	float *row = (float *)(void *)(r->worker + (size_t)worker * r->worker_bytes);

	assert(c->ids[t] < table->n_rows);
	table->mat->decode(row, table->stored + c->ids[t] * table->row_bytes, table->n_cols);
	vec->scale(row, row, sqrtf((float)n), table->n_cols);
	vec->scale(in, in, 1 / sqrtf((float)h->n_embd), table->n_cols);
	for (uint32_t i = 0; i < h->n_layers; i++)
		vec->rms_norm(in + i * n, in + i * n, r->m->w[W_layer_embd_norm].vec, n, h->norm_eps);
	vec->add(in, in, row, table->n_cols);
	vec->scale(in, in, sqrtf(0.5f), table->n_cols);
}

void
layer_embd_begin(struct run *r, const uint32_t *ids)
{
	struct begin_ctx c = {r, ids};
	const struct weight *w = &r->m->w[W_layer_embd_proj];
	struct mul_job j = {
		.part = {{.w = w, .y = r->layer_in, .y_stride = w->n_rows}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, r->x, w->n_cols, (struct norm){0}, &j);
	mul_run(r, &j);
	pool_run(r->pool, r->n, begin_chunk, &c);
}

struct gate_ctx {
	struct run *r;
	const struct layer *l;
};

static void
gate_chunk(void *ctx, size_t chunk, int worker)
{
	const struct gate_ctx *c = ctx;
	const struct run *r = c->r;
	size_t n = r->m->hp.n_embd_layer, stride = hparam_dim(&r->m->hp, DIM_embd_layers);

	(void)worker;
	for (size_t t = chunk * GATE_TOKENS; t < (chunk + 1) * GATE_TOKENS && t < r->n; t++)
		r->k->vec.gelu_mul(r->ff + t * n, r->ff + t * n, r->layer_in + t * stride + c->l->index * n, n);
}

void
layer_embd_branch(struct run *r, const struct layer *l, const float *x)
{
	struct gate_ctx c = {r, l};
	size_t n_embd = r->m->hp.n_embd, n = r->m->hp.n_embd_layer;
	struct mul_job in = {
		.part = {{.w = &l->w[W_embd_gate], .y = r->ff, .y_stride = n}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};
	struct mul_job out = {
		.part = {{.w = &l->w[W_embd_out], .y = r->branch, .y_stride = n_embd}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = r->n,
	};

	act_prepare(r, x, n_embd, (struct norm){0}, &in);
	mul_run(r, &in);
	pool_run(r->pool, (r->n + GATE_TOKENS - 1) / GATE_TOKENS, gate_chunk, &c);
	times_lap(&r->times, TIME_other);
	/* The product reads the prepared input, so the branch may lie where that was. */
	act_prepare(r, r->ff, n, (struct norm){0}, &out);
	mul_run(r, &out);
}
