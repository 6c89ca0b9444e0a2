/* The cache of keys and values; see kv.h. */
#include "core/kv.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/mem.h"

/* Two passes over the layers: the first adds up, the second hands out. */
static bool
place(struct kv *kv, const struct kv_options *o, unsigned char *at)
{
	size_t used = 0;

	for (uint32_t i = 0; i < o->n_layers; i++) {
		struct kv_layer *l = &kv->layers[i];
		size_t rows = (size_t)l->n_heads * l->n_kept, k, v;

		if (o->shapes[i].from != i) {
			*l = kv->layers[o->shapes[i].from];
			continue;
		}
		if (!size_mul(&k, rows, l->k_bytes) || !size_mul(&v, rows, l->v_bytes) || !size_add(&k, k, 63) ||
		    !size_add(&v, v, 63))
			return false;
		k = k / 64 * 64;
		v = v / 64 * 64;
		l->k = at ? at + used : NULL;
		l->v = at ? l->k + k : NULL;
		if (!size_add(&used, used, k) || !size_add(&used, used, v))
			return false;
	}
	kv->memory_bytes = used;
	return true;
}

static bool
describe(struct kv *kv, const struct kv_options *o, uint32_t i, struct err *e)
{
	const struct kv_shape *s = &o->shapes[i], *from = &o->shapes[s->from];
	struct kv_layer *l = &kv->layers[s->from];

	assert(s->from <= i);
	if (s->from != i && (from->from != s->from || s->n_heads != from->n_heads || s->dim_k != from->dim_k ||
	    s->dim_v != from->dim_v))
		return err_set(e, ERR_FAILED, "layer %u cannot read the keys and values of layer %u: it has %u heads of "
		    "%u, that one %u of %u", i, s->from, s->n_heads, s->dim_k, from->n_heads, from->dim_k);
	if (s->from != i) {
		l->window = s->window == 0 || l->window == 0 ? 0 : s->window > l->window ? s->window : l->window;
		return true;
	}
	if (s->n_heads > 0 && o->type == KV_q8_0 && (s->dim_k % 32 || s->dim_v % 32))
		return err_set(e, ERR_FAILED, "a q8_0 cache wants head sizes that are multiples of 32, not %u and %u; "
		    "use f16", s->dim_k, s->dim_v);
	*l = (struct kv_layer){.from = i, .n_heads = s->n_heads, .window = s->window, .dim_k = s->dim_k,
	    .dim_v = s->dim_v};
	if (s->n_heads > 0) {
		l->k_bytes = kv->kern->bytes(s->dim_k);
		l->v_bytes = kv->kern->bytes(s->dim_v);
	}
	return true;
}

static uint32_t
n_kept(const struct kv_layer *l, const struct kv_options *o)
{
	uint64_t ring = (uint64_t)l->window - 1 + o->spare;
	uint64_t n = l->window == 0 || ring > o->n_ctx ? o->n_ctx : ring;

	return (uint32_t)((n + KV_PANEL - 1) / KV_PANEL * KV_PANEL);
}

bool
kv_init(struct kv *kv, const struct kern *k, const struct kv_options *o, struct err *e)
{
	assert(o->spare > 0);
	*kv = (struct kv){.kern = &k->kv[o->type], .type = o->type, .n_ctx = o->n_ctx, .n_layers = o->n_layers};
	kv->layers = mem_new0(o->n_layers, sizeof *kv->layers);
	for (uint32_t i = 0; i < o->n_layers; i++)
		if (!describe(kv, o, i, e))
			goto fail;
	for (uint32_t i = 0; i < o->n_layers; i++)
		kv->layers[i].n_kept = n_kept(&kv->layers[i], o);
	if (o->n_ctx > UINT32_MAX - KV_PANEL || !place(kv, o, NULL)) {
		err_set(e, ERR_NO_SPACE, "a context of %u positions is more than this machine can address", o->n_ctx);
		goto fail;
	}
	kv->memory = mem_try_pages(kv->memory_bytes, false, "the cache of keys and values", e);
	if (!kv->memory)
		goto fail;
	place(kv, o, kv->memory);
	return true;
fail:
	kv_done(kv);
	return false;
}

void
kv_done(struct kv *kv)
{
	mem_free_pages(kv->memory, kv->memory_bytes);
	free(kv->layers);
	*kv = (struct kv){0};
}

void
kv_advance(struct kv *kv, uint32_t end)
{
	for (uint32_t i = 0; i < kv->n_layers; i++) {
		struct kv_layer *l = &kv->layers[i];

		if (end > l->n_kept && end - l->n_kept > l->first)
			l->first = end - l->n_kept;
	}
}

void
kv_restart(struct kv *kv)
{
	for (uint32_t i = 0; i < kv->n_layers; i++)
		kv->layers[i].first = 0;
}

bool
kv_holds(const struct kv *kv, uint32_t n_past)
{
	for (uint32_t i = 0; i < kv->n_layers; i++) {
		const struct kv_layer *l = &kv->layers[i];
		uint32_t needed = n_past >= l->window ? n_past + 1 - l->window : 0;

		if (l->n_heads > 0 && l->window > 0 && n_past > 0 && needed < l->first)
			return false;
	}
	return true;
}

void
kv_ask(const struct kv_layer *l, uint32_t head, size_t pos)
{
	const unsigned char *panel = kv_panel(l, head, pos), *value = kv_value(l, head, pos);

	/* A panel that begins may have no page yet: to find that out line by line takes longer than to wait. */
	for (size_t i = 0; pos % KV_PANEL > 0 && i < KV_PANEL * l->k_bytes; i += 64)
		__builtin_prefetch(panel + i, 1);
	for (size_t i = 0; i < l->v_bytes; i += 64)
		__builtin_prefetch(value + i, 1);
}

void
kv_store(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, const float *k, const float *v)
{
	unsigned char row[32 * sizeof(float)], *panel = kv_panel(l, head, pos);

	kv->kern->store(kv_value(l, head, pos), v, l->dim_v);
	for (size_t i = 0; i < l->dim_k; i += 32) {
		size_t n = l->dim_k - i < 32 ? l->dim_k - i : 32;

		kv->kern->store(row, k + i, n);
		kv->kern->pack(panel + KV_PANEL * kv->kern->bytes(i), pos % KV_PANEL, row, n);
	}
}

void
kv_keys_out(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, size_t n, void *rows)
{
	for (size_t i = 0; i < n; i++)
		kv->kern->unpack((char *)rows + i * l->k_bytes, kv_panel(l, head, pos + i), (pos + i) % KV_PANEL,
		    l->dim_k);
}

void
kv_keys_in(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, size_t n, const void *rows)
{
	for (size_t i = 0; i < n; i++)
		kv->kern->pack(kv_panel(l, head, pos + i), (pos + i) % KV_PANEL,
		    (const char *)rows + i * l->k_bytes, l->dim_k);
}

uint64_t
kv_bytes_read(const struct kv *kv, uint32_t n_past)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < kv->n_layers; i++) {
		const struct kv_layer *l = &kv->layers[i];
		uint64_t n = l->window > 0 && n_past > l->window ? l->window : n_past;

		sum += n * l->n_heads * (l->k_bytes + l->v_bytes);
	}
	return sum;
}
