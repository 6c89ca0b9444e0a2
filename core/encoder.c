/* The encoder; see encoder.h.  Layer by layer, and in each layer all tokens' keys and values first, a pass at a time, then
 * the rest: so an input may be longer than a pass. */
#include "core/encoder.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/block.h"

static bool
init_cache(struct kv *kv, const struct model *m, bool cross, enum kvtype type, uint32_t n_max, struct err *e)
{
	uint32_t n = cross ? m->hp.n_layers : m->hp.n_encoder;
	struct kv_shape *shapes = mem_new0(n, sizeof *shapes);
	struct kv_options o = {.shapes = shapes, .n_layers = n, .type = type, .n_ctx = n_max, .spare = 1};
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		const struct layer *l = &m->layers[cross ? i : m->hp.n_layers + i];

		shapes[i] = (struct kv_shape){l->n_kv_heads, l->dim_k, l->dim_v, 0, cross ? i : 0};
	}
	ok = kv_init(kv, m->kern, &o, e);
	free(shapes);
	return ok;
}

bool
encoder_init(struct encoder *c, const struct model *m, enum kvtype type, uint32_t n_max, struct err *e)
{
	*c = (struct encoder){.n_max = n_max};
	if (!init_cache(&c->kv, m, false, type, n_max, e) || !init_cache(&c->cross, m, true, type, n_max, e))
		return false;
	c->x_bytes = (size_t)n_max * m->hp.n_embd * sizeof *c->x;
	c->x = mem_try_pages(c->x_bytes, false, "the output of the encoder", e);
	return c->x != NULL;
}

void
encoder_done(struct encoder *c)
{
	kv_done(&c->kv);
	kv_done(&c->cross);
	mem_free_pages(c->x, c->x_bytes);
	*c = (struct encoder){0};
}

/* Keys and values of the encoder's output for one layer of the decoder. */
static void
make_cross(struct run *r, const struct layer *l)
{
	const struct norm norm = {r->m->w[W_encoder_norm].vec, NULL};

	block_cross_store(r, l, norm);
}

typedef void pass_fn(struct run *r, const struct layer *l);

/* FN for all tokens, a pass at a time; x is where they stand. */
static void
each_pass(struct run *r, const struct layer *l, pass_fn *fn)
{
	float *x = r->x;
	size_t n_embd = r->m->hp.n_embd;

	for (size_t i = 0; i < r->enc->n; i += r->chunk) {
		r->n = r->enc->n - i < r->chunk ? r->enc->n - i : r->chunk;
		r->pos = (uint32_t)i;
		r->x = r->enc->x + i * n_embd;
		run_turn_angles(r);
		fn(r, l);
	}
	r->x = x;
}

static bool
run_layers(struct run *r, run_step_fn *step, void *ctx)
{
	const struct model *m = r->m;
	uint32_t n_steps = m->hp.n_encoder + m->hp.n_layers;

	for (uint32_t i = 0; i < m->hp.n_encoder; i++) {
		const struct layer *l = &m->layers[m->hp.n_layers + i];

		if (step && !step(ctx, i, n_steps))
			return false;
		each_pass(r, l, block_keys);
		each_pass(r, l, m->arch->encoder_layer);
	}
	for (uint32_t i = 0; i < m->hp.n_layers; i++) {
		if (step && !step(ctx, m->hp.n_encoder + i, n_steps))
			return false;
		each_pass(r, &m->layers[i], make_cross);
	}
	return true;
}

bool
encoder_run(struct run *r, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx)
{
	const struct weight *own = &r->m->w[W_encoder_embd];
	struct encoder *c = r->enc;
	bool ok;

	assert(n > 0 && n <= c->n_max);
	c->n = (uint32_t)n;
	r->times.at = NULL;
	run_embed(r, own->stored ? own : &r->m->w[W_token_embd], c->x, ids, n);
	ok = run_layers(r, step, ctx);
	if (!ok)
		c->n = 0;
	return ok;
}
