/* The cache of keys and values of one timeline.  Each layer has its own place: [key/value head][position], keys apart
 * from values, so that what a head attends to is one contiguous run, or two: a layer that looks back over a window
 * keeps a ring.  Keys lie in panels of KV_PANEL positions (kern.h).  Takes memory as it fills.  Knows nothing of
 * models. */
#ifndef CORE_KV_H
#define CORE_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "kernels/kern.h"

/* What a layer asks for. */
struct kv_shape {
	uint32_t n_heads;		/* key/value heads; 0: the layer has no cache and reads none */
	uint32_t dim_k, dim_v;
	uint32_t window;		/* positions it looks back over, its own among them; 0: all */
	uint32_t from;			/* whose keys and values it reads: its own number, or an earlier layer's that has
					 * heads of the same number and size */
};

struct kv_options {
	const struct kv_shape *shapes;	/* [n_layers] */
	uint32_t n_layers;
	enum kvtype type;
	uint32_t n_ctx;
	uint32_t spare;			/* positions a ring keeps beyond its window: the longest pass, or more, so that
					 * the timeline can be cut back by more (kv_holds) */
};

struct kv_layer {
	uint32_t from;			/* as asked for: the layer whose place this is */
	uint32_t n_heads;		/* 0: none */
	uint32_t dim_k, dim_v;
	uint32_t window;		/* the longest of those who read it; 0: all */
	uint32_t n_kept;		/* position p lies at p % n_kept; whole panels, n_ctx or more where all are kept */
	uint32_t first;			/* those before it are lost */
	size_t k_bytes, v_bytes;	/* of one position of one head */
	unsigned char *k, *v;		/* [n_heads][n_kept], inside kv.memory */
};

struct kv {
	const struct kern_kv *kern;
	enum kvtype type;
	uint32_t n_ctx, n_layers;
	struct kv_layer *layers;	/* [n_layers]; a layer that reads another's is a copy of that */
	unsigned char *memory;
	size_t memory_bytes;
};

/* A head size that the type cannot hold, layers that cannot share, or too little memory: one sentence. */
bool kv_init(struct kv *kv, const struct kern *k, const struct kv_options *o, struct err *e) MUST_CHECK;
void kv_done(struct kv *kv);		/* accepts a zeroed one */

/* Before positions up to END are stored.  A pass may store spare positions at most. */
void kv_advance(struct kv *kv, uint32_t end);
/* Whether all that positions from N_PAST on look back to is still there.  So it is always for N_PAST = 0, for every
 * N_PAST when no layer has a ring, and else at least for those not more than spare below the longest the timeline has
 * been. */
bool kv_holds(const struct kv *kv, uint32_t n_past);
/* The timeline goes on from 0. */
void kv_restart(struct kv *kv);

/* Ask memory for where the key and the value of POS will be stored: a key is written into every line of its panel. */
void kv_ask(const struct kv_layer *l, uint32_t head, size_t pos);
/* Store the key and the value of a head. */
void kv_store(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, const float *k, const float *v);
/* Stored keys of the N positions from POS on, one after the other as values lie, out of the panels and into them. */
void kv_keys_out(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, size_t n, void *rows);
void kv_keys_in(const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t pos, size_t n, const void *rows);

/* Bytes read for one token after N_PAST others. */
uint64_t kv_bytes_read(const struct kv *kv, uint32_t n_past);

/* The panel of keys that has position POS in it. */
static inline unsigned char *
kv_panel(const struct kv_layer *l, uint32_t head, size_t pos)
{
	return l->k + ((size_t)head * l->n_kept + pos % l->n_kept / KV_PANEL * KV_PANEL) * l->k_bytes;
}

static inline unsigned char *
kv_value(const struct kv_layer *l, uint32_t head, size_t pos)
{
	return l->v + ((size_t)head * l->n_kept + pos % l->n_kept) * l->v_bytes;
}

/* How many of the N positions from POS on lie together: all, or those before the ring begins anew. */
static inline size_t
kv_run(const struct kv_layer *l, size_t pos, size_t n)
{
	size_t left = l->n_kept - pos % l->n_kept;

	return n < left ? n : left;
}

#endif
