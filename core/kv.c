/* The cache of keys and values; see kv.h. */
#include "core/kv.h"

#include "core/base/mem.h"

static bool
total(size_t *out, const struct hparam *h, size_t bytes, uint32_t n_ctx)
{
	return size_mul(out, (size_t)h->n_layers * h->n_kv_heads, bytes) && size_mul(out, *out, n_ctx);
}

bool
kv_init(struct kv *kv, const struct hparam *h, const struct kern *k, enum kvtype type, uint32_t n_ctx, struct err *e)
{
	*kv = (struct kv){.kern = &k->kv[type], .n_ctx = n_ctx, .n_heads = h->n_kv_heads};
	if (type == KV_q8_0 && (h->dim_k % 32 || h->dim_v % 32))
		return err_set(e, ERR_FAILED, "a q8_0 cache wants head sizes that are multiples of 32, not %u and %u; "
		    "use f16", h->dim_k, h->dim_v);
	kv->k_bytes = kv->kern->bytes(h->dim_k);
	kv->v_bytes = kv->kern->bytes(h->dim_v);
	if (!total(&kv->k_total, h, kv->k_bytes, n_ctx) || !total(&kv->v_total, h, kv->v_bytes, n_ctx))
		return err_set(e, ERR_NO_SPACE, "a context of %u positions is more than this machine can address", n_ctx);
	kv->k = mem_try_pages(kv->k_total, false, "the cache of keys", e);
	kv->v = kv->k ? mem_try_pages(kv->v_total, false, "the cache of values", e) : NULL;
	if (kv->v)
		return true;
	kv_done(kv);
	return false;
}

void
kv_done(struct kv *kv)
{
	mem_free_pages(kv->k, kv->k_total);
	mem_free_pages(kv->v, kv->v_total);
	kv->k = kv->v = NULL;
}
