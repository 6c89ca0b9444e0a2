/* Reading a timeline back; session_file.h says what a file holds. */
#include "core/session_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/hash.h"
#include "core/base/mem.h"

struct restorer {
	struct session *s;
	const unsigned char *at, *end;
	struct head head;
	uint32_t *first;		/* [n_layers], as the file has them */
	uint64_t origin;		/* that is expected */
	struct err *e;
};

static const unsigned char *
take(struct restorer *r, size_t n)
{
	const unsigned char *p = r->at;

	assert(n <= (size_t)(r->end - r->at));		/* check_size() has counted */
	r->at += n;
	return p;
}

static bool
check_head(struct restorer *r)
{
	const struct head *h = &r->head;
	struct session *s = r->s;
	uint64_t model;

	if (!session_model_identity(s->m, &model, r->e))
		return false;
	if (h->version != SESSION_FILE_VERSION)
		return err_set(r->e, ERR_FAILED, "saved in version %u of the format, expected %d", h->version, SESSION_FILE_VERSION);
	if (h->origin != r->origin)
		return err_set(r->e, ERR_FAILED, "saved by another minnow, or for another model");
	if (h->model != model || h->n_layers != s->kv.n_layers || h->n_vocab != s->m->hp.n_vocab ||
	    h->n_state != s->carried.n_floats)
		return err_set(r->e, ERR_FAILED, "saved from another model than %s", s->m->info.name);
	if (h->kv_type >= KV_COUNT || h->kv_type != s->kv.type)
		return err_set(r->e, ERR_FAILED, "saved with a cache of type %s, expected %s",
		    h->kv_type < KV_COUNT ? kvtype_name(h->kv_type) : "unknown", kvtype_name(s->kv.type));
	if (h->n_input > s->enc.n_max || (s->m->hp.n_encoder > 0 && h->n_input == 0 && h->n_past > 0))
		return err_set(r->e, ERR_FAILED, "holds an input of %u tokens, expected at most %u", h->n_input, s->enc.n_max);
	if (h->is_long != run_is_long(&s->run))
		return err_set(r->e, ERR_FAILED, "saved in a context %s the %u positions from which this model turns its keys "
		    "otherwise", h->is_long ? "beyond" : "of at most", s->m->hp.rope.n_ctx_original);
	if (h->n_past > s->n_ctx)
		return err_set(r->e, ERR_FAILED, "holds %u tokens, but the context only %u positions", h->n_past, s->n_ctx);
	if (h->n_marks > STATE_MARKS || (h->n_marks > 0 && h->n_state == 0))
		return err_set(r->e, ERR_FAILED, "has %u marks, expected at most %d", h->n_marks,
		    h->n_state ? STATE_MARKS : 0);
	return true;
}

/* A layer keeps its window at least, and all where it has none. */
static bool
check_firsts(struct restorer *r)
{
	uint32_t n_past = r->head.n_past;

	for (uint32_t i = 0; i < r->head.n_layers; i++) {
		const struct kv_layer *l = &r->s->kv.layers[i];
		uint32_t most = l->window > 0 && n_past >= l->window ? n_past + 1 - l->window : 0;

		if (!session_has_cache(&r->s->kv, i))
			most = 0;
		if (r->first[i] > most)
			return err_set(r->e, ERR_FAILED, "layer %u begins at position %u, expected at most %u", i,
			    r->first[i], most);
	}
	return true;
}

/* What the head and the firsts ask for is there, and nothing else. */
static bool
check_size(struct restorer *r)
{
	uint64_t expected = session_body_bytes(r->s, &r->head, r->first), left = (uint64_t)(r->end - r->at);

	if (left != expected)
		return err_set(r->e, ERR_FAILED, "%llu bytes are left after its head, expected %llu",
		    (unsigned long long)left, (unsigned long long)expected);
	return true;
}

static bool
check_sum(struct restorer *r, const unsigned char *data, size_t size)
{
	uint64_t sum;

	memcpy(&sum, data + size - sizeof sum, sizeof sum);
	if (sum != hash_bytes(data, size - sizeof sum))
		return err_set(r->e, ERR_VERIFY, "its checksum does not match: the file is damaged");
	return true;
}

static bool
check_ids(struct restorer *r)
{
	for (size_t i = 0; i < (size_t)r->head.n_input + r->head.n_past; i++) {
		uint32_t id;

		memcpy(&id, r->at + i * sizeof id, sizeof id);
		if (id >= r->head.n_vocab)
			return err_set(r->e, ERR_FAILED, "token %u does not exist: the vocabulary ends at %u", id,
			    r->head.n_vocab - 1);
	}
	return true;
}

static bool
check_marks(struct restorer *r)
{
	size_t state = r->head.n_state * sizeof(float);
	const unsigned char *at = r->end - sizeof(uint64_t) - r->head.n_marks * (state + sizeof(uint32_t));

	for (uint32_t i = 0; i < r->head.n_marks; i++, at += state + sizeof(uint32_t)) {
		uint32_t n;

		memcpy(&n, at, sizeof n);
		if (n < 1 || n > r->head.n_past)
			return err_set(r->e, ERR_FAILED, "has a mark after %u of %u tokens", n, r->head.n_past);
	}
	return true;
}

/* Everything is checked; the reader stands behind the firsts. */
static bool
check(struct restorer *r, const unsigned char *data, size_t size)
{
	if (size < sizeof r->head + sizeof(uint64_t) || memcmp(data, SESSION_FILE_MAGIC, sizeof r->head.magic) != 0)
		return err_set(r->e, ERR_FAILED, "not a saved session");
	memcpy(&r->head, data, sizeof r->head);
	r->at = data + sizeof r->head;
	r->end = data + size;
	if (!check_head(r))
		return false;
	if ((uint64_t)(r->end - r->at) < r->head.n_layers * sizeof *r->first)
		return err_set(r->e, ERR_FAILED, "ends within its head");
	r->first = mem_new0(r->head.n_layers, sizeof *r->first);
	memcpy(r->first, take(r, r->head.n_layers * sizeof *r->first), r->head.n_layers * sizeof *r->first);
	return check_firsts(r) && check_size(r) && check_sum(r, data, size) && check_ids(r) && check_marks(r);
}

/* Positions FIRST .. END of a head, of which the last n_kept have room. */
static void
fill_head(struct restorer *r, const struct kv *kv, const struct kv_layer *l, uint32_t head, bool is_value, size_t first,
    size_t end)
{
	size_t bytes = is_value ? l->v_bytes : l->k_bytes, n;
	const unsigned char *from = take(r, (end - first) * bytes);

	if (end - first > l->n_kept) {
		from += (end - first - l->n_kept) * bytes;
		first = end - l->n_kept;
	}
	if (!is_value) {
		kv_keys_in(kv, l, head, first, end - first, from);
		return;
	}
	for (; first < end; first += n, from += n * bytes) {
		n = kv_run(l, first, end - first);
		memcpy(kv_value(l, head, first), from, n * bytes);
	}
}

static void
fill_cache(struct restorer *r, struct kv *kv, const uint32_t *first, uint32_t end)
{
	for (uint32_t i = 0; i < kv->n_layers; i++)
		for (uint32_t half = 0; session_has_cache(kv, i) && half < 2; half++)
			for (uint32_t head = 0; head < kv->layers[i].n_heads; head++)
				fill_head(r, kv, &kv->layers[i], head, half, first ? first[i] : 0, end);
	kv_restart(kv);
	for (uint32_t i = 0; first && i < kv->n_layers; i++)
		kv->layers[i].first = first[kv->layers[i].from];
	kv_advance(kv, end);
}

static void
fill_state(struct restorer *r)
{
	struct state *c = &r->s->carried;
	size_t bytes = c->n_floats * sizeof *c->now;

	if (c->n_floats == 0)
		return;
	memcpy(c->now, take(r, bytes), bytes);
	for (uint32_t i = 0; i < STATE_MARKS; i++) {
		struct state_mark *m = &c->mark[i];

		m->n_past = 0;
		if (i >= r->head.n_marks)
			continue;
		memcpy(&m->n_past, take(r, sizeof m->n_past), sizeof m->n_past);
		memcpy(m->copy, take(r, bytes), bytes);
	}
}

static void
fill_words(struct restorer *r, void *out, size_t n)
{
	if (n > 0)
		memcpy(out, take(r, n * 4), n * 4);
}

static void
fill(struct restorer *r)
{
	struct session *s = r->s;
	const struct head *h = &r->head;

	fill_words(r, s->input, h->n_input);
	fill_words(r, s->past, h->n_past);
	fill_words(r, s->logits, h->n_vocab);
	s->n_past = h->n_past;
	s->enc.n = h->n_input;
	fill_cache(r, &s->kv, r->first, h->n_past);
	if (s->m->hp.n_encoder > 0)
		fill_cache(r, &s->enc.cross, NULL, h->n_input);
	fill_state(r);
}

static bool
restore(struct session *s, const void *data, size_t size, uint64_t origin, struct err *e)
{
	struct restorer r = {.s = s, .origin = origin, .e = e};
	bool ok;

	assert(session_is_idle(s));
	ok = check(&r, data, size);
	if (ok)
		fill(&r);
	free(r.first);
	return ok;
}

bool
session_restore_memory(struct session *s, const void *data, size_t size, struct err *e)
{
	return restore(s, data, size, 0, e);
}

static bool
restore_file(struct session *s, const char *path, uint64_t origin, struct err *e)
{
	struct fs_map m = {0};
	bool ok;

	if (!fs_map_open(&m, path, e))
		return false;
	ok = restore(s, m.data, m.size, origin, e) || err_wrap(e, "%s", path);
	fs_map_close(&m);
	return ok;
}

bool
session_restore(struct session *s, const char *path, struct err *e)
{
	return restore_file(s, path, 0, e);
}

bool
session_cache_read(struct session *s, const struct session_cache *c, struct err *e)
{
	return restore_file(s, c->path, c->origin, e);
}
