/* One pass of tokens through a model; see run.h. */
#include "core/run.h"

#include <assert.h>

#include "core/attention.h"
#include "core/base/mem.h"
#include "core/rope.h"

enum {
	EMBED_TOKENS = 8,		/* tokens of a chunk */
	LOGITS = 8192,			/* logits of a chunk */
};

/* Two passes over the same list: the first adds up, the second hands out. */
struct carver {
	unsigned char *at;		/* NULL: only count */
	size_t used;
	bool overflow;
};

static void *
carve(struct carver *c, size_t n, size_t size)
{
	size_t bytes;
	void *p = c->at ? c->at + c->used : NULL;

	if (!size_mul(&bytes, n, size) || !size_add(&bytes, bytes, 63) || !size_add(&c->used, c->used, bytes / 64 * 64))
		c->overflow = true;
	return p;
}

static size_t
max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The largest of all layers, in numbers of a token. */
struct widths {
	size_t qkv, q, mix, ff, input;
	size_t kv_heads;
};

static struct widths
widths(const struct model *m)
{
	const struct hparam *h = &m->hp;
	struct widths w = {.ff = max_size(h->n_ff_expert, h->n_ff_shared)};

	for (uint32_t i = 0; i < m->n_blocks; i++) {
		const struct layer *l = &m->layers[i];
		size_t q = layer_dim(h, l, DIM_q), inner = layer_dim(h, l, DIM_delta_inner);
		size_t conv = layer_dim(h, l, DIM_delta_conv), gates = layer_dim(h, l, DIM_delta_gates);

		w.ff = max_size(w.ff, l->n_ff);
		if (l->n_state > 0) {		/* see delta.c */
			w.qkv = max_size(w.qkv, conv + inner + gates);
			w.q = max_size(w.q, conv + gates);
			w.mix = max_size(w.mix, inner);
			continue;
		}
		w.kv_heads = max_size(w.kv_heads, l->n_kv_heads);
		w.q = max_size(w.q, q);
		w.qkv = max_size(w.qkv, q + layer_dim(h, l, DIM_k) + layer_dim(h, l, DIM_v));
		w.mix = max_size(w.mix, layer_dim(h, l, DIM_mix));
	}
	w.ff = max_size(w.ff, max_size(h->n_embd_layer, h->n_laurel));
	w.input = max_size(h->n_embd, max_size(w.mix, w.ff));
	return w;
}

static size_t
worker_bytes(const struct run *r)
{
	size_t row = max_size(widths(r->m).input, hparam_dim(&r->m->hp, DIM_embd_layers)) * sizeof(float);
	size_t n = max_size(mul_scratch_bytes(r->m, r->chunk), attention_worker_bytes(r));

	/* Two workers never write to the same line. */
	return (max_size(n, row) + 127) / 64 * 64;
}

static void
carve_route(struct run *r, struct carver *c)
{
	const struct hparam *h = &r->m->hp;
	size_t chunk = r->chunk, rows;

	if (h->n_experts == 0)
		return;
	if (!size_mul(&rows, chunk, h->n_used)) {
		c->overflow = true;
		return;
	}
	r->route = (struct route){
		.logits = carve(c, chunk, h->n_experts * sizeof(float)),
		.shared = carve(c, chunk, sizeof(float)),
		.expert = carve(c, rows, sizeof(uint32_t)),
		.weight = carve(c, rows, sizeof(float)),
		.row = carve(c, rows, sizeof(uint32_t)),
		.from = carve(c, rows, sizeof(uint32_t)),
		.first = carve(c, h->n_experts + 1, sizeof(uint32_t)),
		.tile = carve(c, h->n_experts + 1, sizeof(size_t)),
		.ff = carve(c, rows, h->n_ff_expert * sizeof(float)),
		.out = carve(c, rows, h->n_embd * sizeof(float)),
	};
}

static void
carve_all(struct run *r, struct carver *c)
{
	const struct hparam *h = &r->m->hp;
	struct widths w = widths(r->m);
	size_t chunk = r->chunk;

	r->x = carve(c, chunk, h->n_embd * sizeof(float));
	if (r->m->arch->is_parallel)
		r->kept = carve(c, chunk, h->n_embd * sizeof(float));
	if (r->m->arch->own_floats)
		r->own = carve(c, chunk, r->m->arch->own_floats(h) * sizeof(float));
	if (h->n_embd_layer > 0)
		r->layer_in = carve(c, chunk, hparam_dim(h, DIM_embd_layers) * sizeof(float));
	for (int i = 0; i < ROPE_SETS; i++) {
		if (!r->turn[i].freq)
			continue;
		r->turn[i].cos = carve(c, chunk, r->turn[i].n_pairs * sizeof(float));
		r->turn[i].sin = carve(c, chunk, r->turn[i].n_pairs * sizeof(float));
	}
	for (int a = 0; a < ACT_COUNT; a++) {
		if (!(r->m->acts & 1u << a))
			continue;
		r->act[a].stride = r->k->act[a].bytes(w.input);
		r->act[a].data = carve(c, chunk * max_size(h->n_used, 1), r->act[a].stride);
	}
	carve_route(r, c);
	r->part = carve(c, r->part_floats, sizeof *r->part);
	r->part_left = carve(c, w.kv_heads, sizeof *r->part_left);
	r->next = carve(c, r->jobs_max * (size_t)pool_n_threads(r->pool), sizeof *r->next);
	r->worker = carve(c, (size_t)pool_n_threads(r->pool), r->worker_bytes);
	/* Attention is over when the feed forward begins. */
	r->ff = carve(c, chunk, max_size(max_size(w.qkv + w.q + w.mix, w.ff), h->n_embd) * sizeof(float));
	r->branch = r->ff;
	r->qkv = r->ff;
	r->q = r->qkv ? r->qkv + chunk * w.qkv : NULL;
	r->mix = r->q ? r->q + chunk * w.q : NULL;
}

/* Which angles the layers turn by.  LongRoPE (Ding et al. 2024): the long divisors as soon as the context is longer
 * than the original one, for all positions, so that keys of both kinds never meet. */
static void
choose_turns(struct run *r)
{
	const struct model *m = r->m;

	for (uint32_t i = 0; i < m->n_blocks; i++) {
		enum rope_set set = m->layers[i].rope;

		if (set == ROPE_OFF)
			continue;
		r->turn[set].freq = m->rope_freq[set];
		r->turn[set].n_pairs = m->rope_pairs[set];
	}
	if (r->turn[ROPE_MAIN].freq && m->rope_freq_long && r->kv->n_ctx > m->hp.rope.n_ctx_original)
		r->turn[ROPE_MAIN].freq = m->rope_freq_long;
}

bool
run_is_long(const struct run *r)
{
	return r->turn[ROPE_MAIN].freq && r->turn[ROPE_MAIN].freq == r->m->rope_freq_long;
}

bool
run_init(struct run *r, const struct model *m, struct run_store store, size_t chunk, struct err *e)
{
	struct carver c = {0};

	*r = (struct run){.m = m, .k = m->kern, .pool = m->pool, .kv = store.kv, .state = store.state, .enc = store.enc,
	    .chunk = chunk, .jobs_max = (size_t)m->n_blocks * 8 + 8};
	r->worker_bytes = worker_bytes(r);
	r->part_floats = attention_part_floats(r);
	choose_turns(r);
	carve_all(r, &c);
	if (c.overflow)
		return err_set(e, ERR_NO_SPACE, "passes of %zu tokens are more than this machine can address", chunk);
	if (!times_init(&r->times, r->pool, m->hp.n_layers, e))
		return false;
	r->memory_bytes = c.used;
	r->memory = mem_try_pages(r->memory_bytes, false, "activations", e);
	if (!r->memory)
		return false;
	c = (struct carver){.at = r->memory};
	carve_all(r, &c);
	return true;
}

void
run_done(struct run *r)
{
	mem_free_pages(r->memory, r->memory_bytes);
	times_done(&r->times);
	*r = (struct run){0};
}

/* ---- one pass ---- */

struct embed_ctx {
	struct run *r;
	const struct weight *table;
	float *x;
	const uint32_t *ids;
	size_t n;
};

static void
embed_chunk(void *ctx, size_t chunk, int worker)
{
	const struct embed_ctx *c = ctx;
	const struct run *r = c->r;
	const struct weight *w = c->table;

	(void)worker;
	for (size_t t = chunk * EMBED_TOKENS; t < (chunk + 1) * EMBED_TOKENS && t < c->n; t++) {
		float *x = c->x + t * w->n_cols;

		assert(c->ids[t] < w->n_rows);
		w->mat->decode(x, w->stored + c->ids[t] * w->row_bytes, w->n_cols);
		if (w->unit != 1)
			r->k->vec.scale(x, x, w->unit, w->n_cols);
		if (r->m->hp.embd_scale != 1)
			r->k->vec.scale(x, x, r->m->hp.embd_scale, w->n_cols);
	}
}

void
run_embed(struct run *r, const struct weight *table, float *x, const uint32_t *ids, size_t n)
{
	struct embed_ctx c = {r, table, x, ids, n};

	pool_run(r->pool, (n + EMBED_TOKENS - 1) / EMBED_TOKENS, embed_chunk, &c);
	times_lap(&r->times, TIME_embed);
}

static void
turn_chunk(void *ctx, size_t chunk, int worker)
{
	const struct run *r = ctx;

	(void)worker;
	for (size_t t = chunk * EMBED_TOKENS; t < (chunk + 1) * EMBED_TOKENS && t < r->n; t++)
		for (int i = 0; i < ROPE_SETS; i++) {
			const struct run_turn *turn = &r->turn[i];
			size_t at = t * turn->n_pairs;

			if (turn->freq)
				rope_angles(turn->cos + at, turn->sin + at, turn->freq, turn->n_pairs, r->pos + (uint32_t)t,
				    r->m->rope_magnitude[i]);
		}
}

void
run_turn_angles(struct run *r)
{
	bool turns = false;

	for (int i = 0; i < ROPE_SETS; i++)
		turns = turns || r->turn[i].freq;
	if (turns)
		pool_run(r->pool, (r->n + EMBED_TOKENS - 1) / EMBED_TOKENS, turn_chunk, r);
}

/* ---- logits ---- */

struct logit_ctx {
	const struct run *r;
	float *logits;
	size_t n;			/* of all tokens */
};

static void
logit_chunk(void *ctx, size_t chunk, int worker)
{
	const struct logit_ctx *c = ctx;
	const struct hparam *h = &c->r->m->hp;
	float *y = c->logits + chunk * LOGITS;
	size_t n = c->n - chunk * LOGITS < LOGITS ? c->n - chunk * LOGITS : LOGITS;

	(void)worker;
	if (h->logit_scale != 1)
		c->r->k->vec.scale(y, y, h->logit_scale, n);
	if (h->logit_cap > 0)
		c->r->k->vec.softcap(y, y, h->logit_cap, n);
}

static void
output(struct run *r, float *logits, size_t n_logits)
{
	const struct hparam *h = &r->m->hp;
	struct mul_job j = {
		.part = {{.w = &r->m->w[W_output], .bias = r->m->w[W_output_bias].vec, .y = logits,
		    .y_stride = h->n_vocab}},
		.n_parts = 1,
		.into = MUL_SET,
		.n = n_logits,
	};

	struct norm norm = {r->m->w[W_output_norm].vec, r->m->w[W_output_norm_bias].vec};
	struct logit_ctx c = {r, logits, n_logits * h->n_vocab};

	act_prepare(r, r->x + (r->n - n_logits) * h->n_embd, h->n_embd, norm, &j);
	mul_run(r, &j);
	if (h->logit_scale != 1 || h->logit_cap > 0)
		pool_run(r->pool, (c.n + LOGITS - 1) / LOGITS, logit_chunk, &c);
	times_lap(&r->times, TIME_head);
}

bool
run_tokens(struct run *r, const uint32_t *ids, size_t n, uint32_t pos, float *logits, size_t n_logits,
    run_step_fn *step, void *ctx)
{
	const struct model *m = r->m;

	assert(n > 0 && n <= r->chunk && pos + n <= r->kv->n_ctx && n_logits <= n);
	r->n = n;
	r->pos = pos;
	r->n_jobs = r->job;
	r->job = 0;
	times_begin_pass(&r->times, n);
	kv_advance(r->kv, pos + (uint32_t)n);
	run_embed(r, &m->w[W_token_embd], r->x, ids, n);
	run_turn_angles(r);
	if (m->arch->begin)
		m->arch->begin(r, ids);
	times_lap(&r->times, TIME_embed);
	for (uint32_t i = 0; i < m->hp.n_layers; i++) {
		if (step && !step(ctx, i, m->hp.n_layers)) {
			r->times.row = m->hp.n_layers;
			return false;
		}
		r->times.row = i;
		m->arch->layer(r, &m->layers[i]);
		times_lap(&r->times, TIME_other);
	}
	r->times.row = m->hp.n_layers;
	if (r->state->n_floats > 0)
		state_flip(r->state);
	if (logits && n_logits > 0 && m->arch->end)
		m->arch->end(r, n_logits);
	if (logits && n_logits > 0)
		output(r, logits, n_logits);
	times_end_pass(&r->times, n);
	return true;
}
