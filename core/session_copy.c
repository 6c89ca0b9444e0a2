/* A timeline from session to session. */
#include "core/session_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Whole panels, and key by key where one is cut. */
static void
copy_keys(const struct kv *kv, const struct kv_layer *to, const struct kv_layer *from, uint32_t head, size_t at,
    size_t end)
{
	unsigned char *row = mem_new0(1, from->k_bytes);

	while (at < end) {
		size_t n = kv_run(to, at, kv_run(from, at, end - at)) / KV_PANEL * KV_PANEL;

		if (at % KV_PANEL == 0 && n > 0) {
			memcpy(kv_panel(to, head, at), kv_panel(from, head, at), n * from->k_bytes);
			at += n;
			continue;
		}
		kv_keys_out(kv, from, head, at, 1, row);
		kv_keys_in(kv, to, head, at, 1, row);
		at++;
	}
	free(row);
}

static void
copy_values(const struct kv_layer *to, const struct kv_layer *from, uint32_t head, size_t at, size_t end)
{
	for (size_t n; at < end; at += n) {
		n = kv_run(to, at, kv_run(from, at, end - at));
		memcpy(kv_value(to, head, at), kv_value(from, head, at), n * from->v_bytes);
	}
}

static void
copy_cache(struct kv *to, const struct kv *from, uint32_t end)
{
	kv_restart(to);
	for (uint32_t i = 0; i < from->n_layers; i++) {
		const struct kv_layer *l = &from->layers[i];
		struct kv_layer *l_to = &to->layers[i];
		size_t at = end > l_to->n_kept && end - l_to->n_kept > l->first ? end - l_to->n_kept : l->first;

		for (uint32_t head = 0; session_has_cache(from, i) && head < l->n_heads; head++) {
			copy_keys(from, l_to, l, head, at, end);
			copy_values(l_to, l, head, at, end);
		}
		l_to->first = l->first;
	}
	kv_advance(to, end);
}

static void
copy_state(struct state *to, const struct state *from)
{
	size_t bytes = from->n_floats * sizeof *from->now;

	if (from->n_floats == 0)
		return;
	memcpy(to->now, from->now, bytes);
	for (int i = 0; i < STATE_MARKS; i++) {
		to->mark[i].n_past = from->mark[i].n_past;
		if (from->mark[i].n_past)
			memcpy(to->mark[i].copy, from->mark[i].copy, bytes);
	}
}

bool
session_copy(struct session *to, struct session *from, struct err *e)
{
	assert(to->m == from->m && session_is_idle(to) && session_is_idle(from));
	if (from->n_past > to->n_ctx || from->enc.n > to->enc.n_max || from->kv.type != to->kv.type ||
	    run_is_long(&to->run) != run_is_long(&from->run))
		return err_set(e, ERR_FAILED, "the timeline does not suit the other session");
	if (from->enc.n) {
		memcpy(to->input, from->input, from->enc.n * sizeof *to->input);
		copy_cache(&to->enc.cross, &from->enc.cross, from->enc.n);
	}
	if (from->n_past)
		memcpy(to->past, from->past, from->n_past * sizeof *to->past);
	memcpy(to->logits, from->logits, from->m->hp.n_vocab * sizeof *to->logits);
	to->n_past = from->n_past;
	to->enc.n = from->enc.n;
	copy_cache(&to->kv, &from->kv, from->n_past);
	copy_state(&to->carried, &from->carried);
	return true;
}
