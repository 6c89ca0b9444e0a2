/* Writing GGUF files; see gguf_write.h.
 * Entries are kept as the bytes that follow their key in the file: the type and the value. */
#include "core/gguf_write.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/fs_out.h"
#include "core/base/map.h"
#include "core/base/mem.h"

#define DEFAULT_ALIGNMENT 32

struct entry {
	struct buf key;
	struct buf value;		/* type and value; empty: removed */
};

struct out_tensor {
	struct buf name;
	struct gguf_out_tensor shape;	/* its name points into the buffer above */
	size_t size;
	uint64_t offset;		/* from the start of the data */
};

struct gguf_writer {
	struct entry *entries;
	struct out_tensor *tensors;
	size_t n_entries, n_tensors, tensors_cap;
	struct map keys, names;		/* of entries, of tensors */
};

struct gguf_sink {
	struct fs_out *file;
	const atomic_bool *cancel;
	uint64_t left;			/* bytes of the tensor being written */
};

struct gguf_writer *
gguf_writer_new(void)
{
	struct gguf_writer *w = mem_new0(1, sizeof *w);

	map_init(&w->keys, 64);
	map_init(&w->names, 256);
	return w;
}

void
gguf_writer_free(struct gguf_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_entries; i++) {
		buf_done(&w->entries[i].key);
		buf_done(&w->entries[i].value);
	}
	for (size_t i = 0; i < w->n_tensors; i++)
		buf_done(&w->tensors[i].name);
	free(w->entries);
	free(w->tensors);
	map_done(&w->keys);
	map_done(&w->names);
	free(w);
}

/* ---- metadata ---- */

static void
add_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof v);
}

static void
add_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

static void
add_str(struct buf *b, const char *s, size_t len)
{
	add_u64(b, len);
	buf_add(b, s, len);
}

static struct entry *
find_entry(const struct gguf_writer *w, const char *key, size_t len)
{
	uint32_t i = map_find(&w->keys, key, len);

	return i == MAP_NONE ? NULL : &w->entries[i];
}

/* The value of KEY, to be filled. */
static struct buf *
set_key(struct gguf_writer *w, const char *key, size_t len)
{
	struct entry *it = find_entry(w, key, len);

	if (!it) {
		w->entries = mem_grow(w->entries, w->n_entries + 1, sizeof *w->entries);
		it = &w->entries[w->n_entries++];
		*it = (struct entry){0};
		buf_add(&it->key, key, len);
		map_add(&w->keys, it->key.data, len, (uint32_t)(w->n_entries - 1));
	}
	buf_clear(&it->value);
	return &it->value;
}

void
gguf_write_scalar(struct gguf_writer *w, const char *key, enum gguf_type type, const void *v)
{
	struct buf *b = set_key(w, key, strlen(key));

	assert(gguf_type_size(type) > 0);
	add_u32(b, type);
	buf_add(b, v, gguf_type_size(type));
}

void
gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v)
{
	gguf_write_scalar(w, key, GGUF_U32, &v);
}

void
gguf_write_f32(struct gguf_writer *w, const char *key, float v)
{
	gguf_write_scalar(w, key, GGUF_F32, &v);
}

void
gguf_write_bool(struct gguf_writer *w, const char *key, bool v)
{
	uint8_t byte = v;

	gguf_write_scalar(w, key, GGUF_BOOL, &byte);
}

void
gguf_write_bytes(struct gguf_writer *w, const char *key, struct gguf_str v)
{
	struct buf *b = set_key(w, key, strlen(key));

	add_u32(b, GGUF_STRING);
	add_str(b, v.data, v.len);
}

void
gguf_write_str(struct gguf_writer *w, const char *key, const char *v)
{
	gguf_write_bytes(w, key, (struct gguf_str){v, strlen(v)});
}

void
gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_type type, const void *v, size_t n)
{
	struct buf *b = set_key(w, key, strlen(key));

	assert(gguf_type_size(type) > 0);
	add_u32(b, GGUF_ARRAY);
	add_u32(b, type);
	add_u64(b, n);
	buf_add(b, v, n * gguf_type_size(type));
}

void
gguf_write_strs(struct gguf_writer *w, const char *key, const struct gguf_str *v, size_t n)
{
	struct buf *b = set_key(w, key, strlen(key));

	add_u32(b, GGUF_ARRAY);
	add_u32(b, GGUF_STRING);
	add_u64(b, n);
	for (size_t i = 0; i < n; i++)
		add_str(b, v[i].data, v[i].len);
}

void
gguf_write_remove(struct gguf_writer *w, const char *key)
{
	struct entry *it = find_entry(w, key, strlen(key));

	if (it)
		buf_clear(&it->value);
}

void
gguf_write_kv(struct gguf_writer *w, const struct gguf_kv *kv)
{
	struct buf *b = set_key(w, kv->key.data, kv->key.len);
	const uint8_t *end = kv->data;

	if (kv->type == GGUF_STRING) {
		for (uint64_t i = 0; i < kv->n; i++)
			(void)gguf_array_next_str(&end);
	} else {
		end += kv->n * gguf_type_size(kv->type);
	}
	if (kv->is_array) {
		add_u32(b, GGUF_ARRAY);
		add_u32(b, kv->type);
		add_u64(b, kv->n);
	} else {
		add_u32(b, kv->type);
	}
	buf_add(b, kv->data, (size_t)(end - kv->data));
}

void
gguf_write_copy(struct gguf_writer *w, const struct gguf *from)
{
	for (size_t i = 0; i < gguf_n_kv(from); i++)
		gguf_write_kv(w, gguf_kv_at(from, i));
}

/* What general.alignment says, as a whole number of any width; 0: it is something else. */
static uint64_t
alignment_entry(const struct gguf_writer *w)
{
	const struct entry *it = find_entry(w, "general.alignment", strlen("general.alignment"));
	uint32_t type;
	uint64_t v = 0;

	if (!it || it->value.len == 0)
		return DEFAULT_ALIGNMENT;
	memcpy(&type, it->value.data, sizeof type);
	if (type == GGUF_F32 || type == GGUF_F64 || type == GGUF_BOOL || gguf_type_size((enum gguf_type)type) == 0)
		return 0;
	memcpy(&v, it->value.data + sizeof type, gguf_type_size((enum gguf_type)type));
	return v;
}

static bool
check_metadata(const struct gguf_writer *w, struct err *e)
{
	uint64_t unit = alignment_entry(w);

	if (w->n_entries > GGUF_MAX_KV)
		return err_set(e, ERR_FAILED, "%zu metadata entries, at most %d are allowed", w->n_entries, GGUF_MAX_KV);
	for (size_t i = 0; i < w->n_entries; i++)
		if (w->entries[i].key.len > GGUF_MAX_KEY)
			return err_set(e, ERR_FAILED, "a key of %zu bytes, at most %zu are allowed", w->entries[i].key.len,
			    GGUF_MAX_KEY);
	if (unit == 0 || unit > GGUF_MAX_ALIGNMENT || (unit & (unit - 1)) != 0)
		return err_set(e, ERR_FAILED, "general.alignment is %" PRIu64 ", a power of two up to %zu was expected", unit,
		    GGUF_MAX_ALIGNMENT);
	return true;
}

/* ---- tensors ---- */

static bool
measure(const struct gguf_out_tensor *t, size_t *size, struct err *e)
{
	const struct qtype_info *info = qtype_info(t->type);
	uint64_t n = 1;

	if (t->n_dims < 1 || t->n_dims > 4)
		return err_set(e, ERR_FAILED, "%u dimensions, 1 to 4 were expected", t->n_dims);
	for (uint32_t i = 0; i < t->n_dims; i++)
		if (t->dims[i] == 0 || __builtin_mul_overflow(n, t->dims[i], &n) || n > INT64_MAX)
			return err_set(e, ERR_FAILED, "dimension %u is 0 or too large", i);
	if (t->dims[0] % info->block_len)
		return err_set(e, ERR_FAILED, "rows of %" PRIu64 " weights, a multiple of %" PRIu32 " was expected for %s",
		    t->dims[0], info->block_len, info->name);
	if (!qtype_tensor_bytes(t->type, n, size))
		return err_set(e, ERR_FAILED, "its size does not fit in 64 bits");
	return true;
}

bool
gguf_write_tensor(struct gguf_writer *w, const struct gguf_out_tensor *t, struct err *e)
{
	struct out_tensor *o;
	size_t size = 0;

	if (w->n_tensors >= GGUF_MAX_TENSORS)
		return err_set(e, ERR_FAILED, "more than %d tensors", GGUF_MAX_TENSORS);
	if (t->name.len > GGUF_MAX_KEY)
		return err_set(e, ERR_FAILED, "a tensor's name of %zu bytes, at most %zu are allowed", t->name.len, GGUF_MAX_KEY);
	if (map_find(&w->names, t->name.data, t->name.len) != MAP_NONE)
		return err_set(e, ERR_FAILED, "tensor \"%s\" is there twice", gguf_quote(t->name).text);
	if (!measure(t, &size, e))
		return err_wrap(e, "tensor \"%s\"", gguf_quote(t->name).text);
	if (w->n_tensors == w->tensors_cap) {
		w->tensors_cap = w->tensors_cap ? 2 * w->tensors_cap : 64;
		w->tensors = mem_grow(w->tensors, w->tensors_cap, sizeof *w->tensors);
	}
	o = &w->tensors[w->n_tensors];
	*o = (struct out_tensor){.shape = *t, .size = size};
	buf_add(&o->name, t->name.data, t->name.len);
	o->shape.name.data = o->name.data;
	map_add(&w->names, o->name.data, o->name.len, (uint32_t)w->n_tensors++);
	return true;
}

size_t
gguf_write_n_tensors(const struct gguf_writer *w)
{
	return w->n_tensors;
}

uint64_t
gguf_write_tensor_bytes(const struct gguf_writer *w, size_t i)
{
	return w->tensors[i].size;
}

/* ---- the file ---- */

static uint64_t
round_up(uint64_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Offsets of the data; gives the bytes of all of it.  The last tensor is padded too, as other programs do. */
static uint64_t
place_tensors(const struct gguf_writer *w)
{
	size_t unit = (size_t)alignment_entry(w);
	uint64_t at = 0;

	for (size_t i = 0; i < w->n_tensors; i++) {
		w->tensors[i].offset = at;
		at = round_up(at + w->tensors[i].size, unit);
	}
	return at;
}

static void
add_tensor_entry(struct buf *b, const struct out_tensor *t)
{
	add_str(b, t->name.data, t->name.len);
	add_u32(b, t->shape.n_dims);
	buf_add(b, t->shape.dims, t->shape.n_dims * sizeof t->shape.dims[0]);
	add_u32(b, qtype_info(t->shape.type)->gguf_number);
	add_u64(b, t->offset);
}

void
gguf_write_head(const struct gguf_writer *w, struct buf *b)
{
	size_t n = 0, unit = (size_t)alignment_entry(w);

	for (size_t i = 0; i < w->n_entries; i++)
		n += w->entries[i].value.len > 0;
	buf_add(b, "GGUF", 4);
	add_u32(b, 3);
	add_u64(b, w->n_tensors);
	add_u64(b, n);
	for (size_t i = 0; i < w->n_entries; i++) {
		const struct entry *it = &w->entries[i];

		if (it->value.len == 0)
			continue;
		add_str(b, buf_str(&it->key), it->key.len);
		buf_add(b, it->value.data, it->value.len);
	}
	for (size_t i = 0; i < w->n_tensors; i++)
		add_tensor_entry(b, &w->tensors[i]);
	while (w->n_tensors > 0 && b->len % unit)
		buf_add_char(b, 0);
}

bool
gguf_sink_add(struct gguf_sink *out, const void *data, size_t n, struct err *e)
{
	if (out->cancel && atomic_load(out->cancel))
		return err_set(e, ERR_CANCELLED, "interrupted");
	assert(n <= out->left);
	out->left -= n;
	return fs_out_add(out->file, data, n, e);
}

static bool
write_tensors(struct gguf_writer *w, struct gguf_sink *out, const struct gguf_source *s, struct err *e)
{
	static const char zeros[4096];
	uint64_t start = fs_out_size(out->file);
	size_t unit = (size_t)alignment_entry(w);

	for (size_t i = 0; i < w->n_tensors; i++) {
		uint64_t pad;

		out->left = w->tensors[i].size;
		if (!s->produce(s->ctx, i, out, e))
			return false;
		assert(out->left == 0);
		pad = round_up(fs_out_size(out->file) - start, unit) - (fs_out_size(out->file) - start);
		for (; pad > 0; pad -= pad < sizeof zeros ? pad : sizeof zeros)
			if (!fs_out_add(out->file, zeros, pad < sizeof zeros ? pad : sizeof zeros, e))
				return false;
	}
	return true;
}

bool
gguf_write_file(struct gguf_writer *w, const char *path, const struct gguf_source *s, struct err *e)
{
	struct gguf_sink out = {.cancel = s->cancel};
	struct buf head = {0};
	uint64_t bytes;
	bool ok = false;

	if (!check_metadata(w, e))
		return err_wrap(e, "%s", path);
	bytes = place_tensors(w);
	gguf_write_head(w, &head);
	out.file = fs_out_open(path, bytes + head.len, e);
	if (out.file)
		ok = fs_out_add(out.file, head.data, head.len, e) && write_tensors(w, &out, s, e);
	buf_done(&head);
	if (ok && s->cancel && atomic_load(s->cancel))
		ok = err_set(e, ERR_CANCELLED, "interrupted");
	if (ok)
		return fs_out_commit(out.file, e);
	fs_out_abort(out.file);
	return false;
}
