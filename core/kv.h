/* The cache of keys and values of one timeline: [layer][key/value head][position], keys apart from values, so that
 * what a head attends to is one contiguous run.  Takes memory as it fills. */
#ifndef CORE_KV_H
#define CORE_KV_H

#include <stddef.h>
#include <stdint.h>

#include "core/hparam.h"
#include "kernels/kern.h"

struct kv {
	const struct kern_kv *kern;
	uint32_t n_ctx, n_heads;
	size_t k_bytes, v_bytes;	/* of one position of one head */
	unsigned char *k, *v;
	size_t k_total, v_total;	/* bytes */
};

/* A head size that TYPE cannot hold, or too little memory: one sentence. */
bool kv_init(struct kv *kv, const struct hparam *h, const struct kern *k, enum kvtype type, uint32_t n_ctx,
    struct err *e) MUST_CHECK;
void kv_done(struct kv *kv);		/* accepts a zeroed one */

/* Position 0 of a head; positions follow each other, k_bytes (v_bytes) apart. */
static inline unsigned char *
kv_keys(const struct kv *kv, uint32_t layer, uint32_t head)
{
	return kv->k + ((size_t)layer * kv->n_heads + head) * kv->n_ctx * kv->k_bytes;
}

static inline unsigned char *
kv_values(const struct kv *kv, uint32_t layer, uint32_t head)
{
	return kv->v + ((size_t)layer * kv->n_heads + head) * kv->n_ctx * kv->v_bytes;
}

#endif
