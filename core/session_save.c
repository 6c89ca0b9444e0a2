/* A timeline as a file, and back; see minnow.h.
 *
 *	struct head · for each layer, the first position kept (u32) · input of the encoder, tokens (u32) · logits (f32)
 *	for each layer with a cache of its own: keys of each head, values of each head, position after position
 *	the same of what the decoder keeps of its input
 *	state of recurrent layers (f32) · marks: n_past (u32), state (f32) · XXH3-64 of all before
 *
 * Numbers are little-endian.  The size of everything follows from the head, the firsts and the model, so that a file
 * is checked whole before the session is touched. */
#include "core/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/fs_out.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/gguf.h"

static const char magic[8] = {'m', 'i', 'n', 'n', 'o', 'w', '\0', 'S'};
enum {
	VERSION = 2,
	SAMPLE = 256,
	KEYS = 64,			/* that pass between the panels of a cache and a file at a time */
};

struct head {
	char magic[8];
	uint32_t version;
	uint32_t kv_type;		/* enum kvtype */
	uint64_t model;			/* model_identity() */
	uint32_t n_layers, n_vocab;
	uint32_t n_past;
	uint32_t n_marks;
	uint64_t n_state;
	uint32_t n_input;		/* tokens that the encoder has read */
	uint32_t is_long;		/* run_is_long() */
	uint64_t origin;		/* see struct session_cache; 0 in a file that is none */
};
static_assert(sizeof(struct head) == 64, "the head is what the file begins with");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they are");

/* ---- whose timeline it is ---- */

static void
add_str(struct hash *h, struct gguf_str s)
{
	uint64_t len = s.len;

	hash_add(h, &len, sizeof len);
	hash_add(h, s.data, s.len);
}

/* Architecture, the numbers of the metadata, and of every tensor its shape, its format and both ends of its data:
 * enough to tell models apart, without reading them whole. */
static bool
model_identity(const struct model *m, uint64_t *out, struct err *e)
{
	struct hash *h = hash_new(e);

	if (!h)
		return false;
	hash_add(h, m->arch->name, strlen(m->arch->name));
	for (size_t i = 0; i < gguf_n_kv(m->gguf); i++) {
		const struct gguf_kv *kv = gguf_kv_at(m->gguf, i);

		if (kv->is_array || kv->type == GGUF_STRING)
			continue;
		add_str(h, kv->key);
		hash_add(h, kv->data, gguf_type_size(kv->type));
	}
	for (size_t i = 0; i < gguf_n_tensors(m->gguf); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(m->gguf, i);
		size_t n = t->size < SAMPLE ? t->size : SAMPLE;

		add_str(h, t->name);
		hash_add(h, t->dims, sizeof t->dims);
		hash_add(h, &t->type_number, sizeof t->type_number);
		if (n > 0) {
			hash_add(h, t->data, n);
			hash_add(h, t->data + t->size - n, n);
		}
	}
	*out = hash_value(h);
	hash_free(h);
	return true;
}

/* ---- the layers that are written ---- */

static bool
has_cache(const struct kv *kv, uint32_t i)
{
	return kv->layers[i].n_heads > 0 && kv->layers[i].from == i;
}

/* Bytes of all that. */
static uint64_t
cache_bytes(const struct kv *kv, const uint32_t *first, uint32_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < kv->n_layers; i++)
		if (has_cache(kv, i))
			sum += (uint64_t)kv->layers[i].n_heads * (end - (first ? first[i] : 0)) *
			    (kv->layers[i].k_bytes + kv->layers[i].v_bytes);
	return sum;
}

/* Bytes behind the firsts, the checksum too.  No sum overflows when the numbers of H fit the session: each layer's
 * part is at most what its cache takes, and that was allocated. */
static uint64_t
body_bytes(const struct session *s, const struct head *h, const uint32_t *first)
{
	uint64_t bytes = ((uint64_t)h->n_input + h->n_past + h->n_vocab + h->n_marks) * 4 + sizeof(uint64_t);

	bytes += (1 + h->n_marks) * h->n_state * sizeof(float) + cache_bytes(&s->kv, first, h->n_past);
	return bytes + cache_bytes(&s->enc.cross, NULL, h->n_input);
}

/* ---- saving ---- */

/* Once something fails, nothing more is written. */
struct saver {
	struct buf *buf;		/* one of both */
	struct fs_out *file;
	struct hash *hash;
	const _Atomic bool *stop;	/* or NULL */
	bool ok;
	struct err *e;
};

static void
put(struct saver *w, const void *data, size_t n)
{
	if (!w->ok || n == 0)
		return;
	if (w->stop && atomic_load_explicit(w->stop, memory_order_relaxed)) {
		w->ok = err_set(w->e, ERR_CANCELLED, "given up");
		return;
	}
	hash_add(w->hash, data, n);
	if (w->file)
		w->ok = fs_out_add(w->file, data, n, w->e);
	else
		buf_add(w->buf, data, n);
}

static void
put_keys(struct saver *w, const struct kv *kv, const struct kv_layer *l, uint32_t head, size_t first, size_t end)
{
	unsigned char *rows = mem_new0(KEYS, l->k_bytes);

	for (size_t at = first, n; at < end; at += n) {
		n = end - at < KEYS ? end - at : KEYS;
		kv_keys_out(kv, l, head, at, n, rows);
		put(w, rows, n * l->k_bytes);
	}
	free(rows);
}

/* Positions FIRST .. END, in the order of the file.  FIRST: for each layer; NULL: 0. */
static void
put_cache(struct saver *w, const struct kv *kv, const uint32_t *first, uint32_t end)
{
	for (uint32_t i = 0; i < kv->n_layers; i++) {
		const struct kv_layer *l = &kv->layers[i];
		uint32_t from = first ? first[i] : 0;

		for (uint32_t head = 0; has_cache(kv, i) && head < l->n_heads; head++)
			put_keys(w, kv, l, head, from, end);
		for (uint32_t head = 0; has_cache(kv, i) && head < l->n_heads; head++)
			for (size_t at = from, n; at < end; at += n) {
				n = kv_run(l, at, end - at);
				put(w, kv_value(l, head, at), n * l->v_bytes);
			}
	}
}

static void
put_state(struct saver *w, const struct state *c)
{
	put(w, c->now, c->n_floats * sizeof *c->now);
	for (int i = 0; i < STATE_MARKS; i++) {
		const struct state_mark *m = &c->mark[i];

		if (m->n_past == 0)
			continue;
		put(w, &m->n_past, sizeof m->n_past);
		put(w, m->copy, c->n_floats * sizeof *m->copy);
	}
}

static uint32_t
count_marks(const struct state *c)
{
	uint32_t n = 0;

	for (int i = 0; i < STATE_MARKS; i++)
		n += c->mark[i].n_past > 0;
	return n;
}

static void
put_all(struct session *s, struct saver *w, const struct head *head, const uint32_t *first)
{
	uint64_t sum;

	put(w, head, sizeof *head);
	put(w, first, s->kv.n_layers * sizeof *first);
	put(w, s->input, head->n_input * sizeof *s->input);
	put(w, s->past, s->n_past * sizeof *s->past);
	put(w, s->logits, s->m->hp.n_vocab * sizeof *s->logits);
	put_cache(w, &s->kv, first, s->n_past);
	put_cache(w, &s->enc.cross, NULL, head->n_input);
	put_state(w, &s->carried);
	sum = hash_value(w->hash);
	put(w, &sum, sizeof sum);
}

static struct head
make_head(const struct session *s)
{
	struct head head = {
		.version = VERSION,
		.kv_type = s->kv.type,
		.n_layers = s->kv.n_layers,
		.n_vocab = s->m->hp.n_vocab,
		.n_past = s->n_past,
		.n_marks = count_marks(&s->carried),
		.n_state = s->carried.n_floats,
		.n_input = s->enc.n,
		.is_long = run_is_long(&s->run),
	};

	memcpy(head.magic, magic, sizeof magic);
	return head;
}

/* [n_layers] the first position that is kept. */
static uint32_t *
make_firsts(const struct session *s)
{
	uint32_t *first = mem_new0(s->kv.n_layers, sizeof *first);

	for (uint32_t i = 0; i < s->kv.n_layers; i++)
		first[i] = has_cache(&s->kv, i) ? s->kv.layers[i].first : 0;
	return first;
}

static uint64_t
whole_bytes(const struct session *s, const struct head *head, const uint32_t *first)
{
	return sizeof *head + s->kv.n_layers * sizeof *first + body_bytes(s, head, first);
}

uint64_t
session_cache_bytes(const struct session *s)
{
	struct head head = make_head(s);
	uint32_t *first = make_firsts(s);
	uint64_t bytes = whole_bytes(s, &head, first);

	free(first);
	return bytes;
}

/* Where to: into OUT, or a file, which may be a cache. */
struct target {
	struct buf *out;
	const char *path;
	const struct session_cache *cache;
};

static bool
save(struct session *s, const struct target *to, struct err *e)
{
	struct head head = make_head(s);
	uint32_t *first = make_firsts(s);
	uint64_t size = whole_bytes(s, &head, first);
	struct saver w = {.buf = to->out, .e = e};

	assert(session_is_idle(s));
	if (to->cache) {
		head.origin = to->cache->origin;
		w.stop = to->cache->stop;
	}
	if (model_identity(s->m, &head.model, e))
		w.hash = hash_new(e);
	if (w.hash && !to->out)
		w.file = to->cache ? fs_out_open_cache(to->cache->path, size, e) : fs_out_open(to->path, size, e);
	w.ok = w.hash && (w.file || to->out);
	if (w.ok)
		put_all(s, &w, &head, first);
	assert(!w.ok || !w.file || fs_out_size(w.file) == size);
	if (w.ok && w.file)
		w.ok = fs_out_commit(w.file, e);
	else
		fs_out_abort(w.file);
	hash_free(w.hash);
	free(first);
	return w.ok;
}

bool
session_save(struct session *s, const char *path, struct err *e)
{
	return save(s, &(struct target){.path = path}, e);
}

bool
session_cache_write(struct session *s, const struct session_cache *c, struct err *e)
{
	return save(s, &(struct target){.cache = c}, e);
}

bool
session_save_memory(struct session *s, struct buf *out, struct err *e)
{
	return save(s, &(struct target){.out = out}, e);
}

/* ---- restoring ---- */

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

	if (!model_identity(s->m, &model, r->e))
		return false;
	if (h->version != VERSION)
		return err_set(r->e, ERR_FAILED, "saved in version %u of the format, expected %d", h->version, VERSION);
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

		if (!has_cache(&r->s->kv, i))
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
	uint64_t expected = body_bytes(r->s, &r->head, r->first), left = (uint64_t)(r->end - r->at);

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
	if (size < sizeof r->head + sizeof(uint64_t) || memcmp(data, magic, sizeof magic) != 0)
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
		for (uint32_t half = 0; has_cache(kv, i) && half < 2; half++)
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

/* ---- from session to session ---- */

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

		for (uint32_t head = 0; has_cache(from, i) && head < l->n_heads; head++) {
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
