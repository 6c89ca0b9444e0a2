/* Writing a timeline; session_file.h says what a file holds. */
#include "core/session_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/fs_out.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/gguf.h"

enum {
	SAMPLE = 256,
	KEYS = 64,			/* that pass between the panels of a cache and a file at a time */
};

/* ---- whose timeline it is ---- */

static void
add_str(struct hash *h, struct gguf_str s)
{
	uint64_t len = s.len;

	hash_add(h, &len, sizeof len);
	hash_add(h, s.data, s.len);
}

bool
session_model_identity(const struct model *m, uint64_t *out, struct err *e)
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

/* ---- how much it is ---- */

/* Bytes of the layers' caches. */
static uint64_t
cache_bytes(const struct kv *kv, const uint32_t *first, uint32_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < kv->n_layers; i++)
		if (session_has_cache(kv, i))
			sum += (uint64_t)kv->layers[i].n_heads * (end - (first ? first[i] : 0)) *
			    (kv->layers[i].k_bytes + kv->layers[i].v_bytes);
	return sum;
}

uint64_t
session_body_bytes(const struct session *s, const struct head *h, const uint32_t *first)
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

		for (uint32_t head = 0; session_has_cache(kv, i) && head < l->n_heads; head++)
			put_keys(w, kv, l, head, from, end);
		for (uint32_t head = 0; session_has_cache(kv, i) && head < l->n_heads; head++)
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
		.version = SESSION_FILE_VERSION,
		.kv_type = s->kv.type,
		.n_layers = s->kv.n_layers,
		.n_vocab = s->m->hp.n_vocab,
		.n_past = s->n_past,
		.n_marks = count_marks(&s->carried),
		.n_state = s->carried.n_floats,
		.n_input = s->enc.n,
		.is_long = run_is_long(&s->run),
	};

	memcpy(head.magic, SESSION_FILE_MAGIC, sizeof head.magic);
	return head;
}

/* [n_layers] the first position that is kept. */
static uint32_t *
make_firsts(const struct session *s)
{
	uint32_t *first = mem_new0(s->kv.n_layers, sizeof *first);

	for (uint32_t i = 0; i < s->kv.n_layers; i++)
		first[i] = session_has_cache(&s->kv, i) ? s->kv.layers[i].first : 0;
	return first;
}

static uint64_t
whole_bytes(const struct session *s, const struct head *head, const uint32_t *first)
{
	return sizeof *head + s->kv.n_layers * sizeof *first + session_body_bytes(s, head, first);
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
	if (session_model_identity(s->m, &head.model, e))
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
