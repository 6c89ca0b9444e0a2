/* Layers that read the keys and values of earlier ones; see share.h. */
#include "core/arch/share.h"

#include "core/model.h"

uint32_t
share_source(const struct hparam *h, uint32_t index)
{
	uint32_t n_own = h->n_layers - h->n_shared_kv;

	for (uint32_t i = n_own; index >= n_own && i-- > 0;)
		if (h->layer_windowed[i] == h->layer_windowed[index])
			return i;
	return index;
}

bool
share_check(const struct hparam *h, const char *arch, struct err *e)
{
	for (uint32_t i = h->n_layers - h->n_shared_kv; i < h->n_layers; i++)
		if (share_source(h, i) == i)
			return err_set(e, ERR_FAILED, "%s.attention.shared_kv_layers is %u, but layer %u has no earlier %s "
			    "layer whose keys and values it could read", arch, h->n_shared_kv, i,
			    h->layer_windowed[i] ? "windowed" : "global");
	return true;
}

bool
share_ignores(const struct layer *l, enum weight_id id)
{
	return l->kv_from != l->index && (id == W_attn_k || id == W_attn_v || id == W_attn_k_norm);
}

bool
share_has(const struct layer *l, enum weight_id id)
{
	return !share_ignores(l, id);
}
