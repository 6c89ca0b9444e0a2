/* GGUF container; see gguf.h.
 *
 * One pass with one cursor: every field is read through take(), which knows where the file ends, so no size is
 * trusted before the bytes it speaks of are known to be there.  Nothing of the file is copied: the index holds
 * pointers into the mapping.  Afterwards the tensors are laid out and checked against the file and each other. */
#include "core/gguf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/gguf_magic.h"
#include "core/gguf_shard.h"

#define DEFAULT_ALIGNMENT 32	/* general.alignment when the key is absent */
#define HEADER_BYTES 24		/* magic, version, two counts */
#define KV_MIN_BYTES 13		/* key length, type, one byte of value */
#define TENSOR_MIN_BYTES 24	/* name length, n_dims, type, offset */

struct gguf {
	struct fs_map map;		/* data NULL when opened from memory */
	const uint8_t *data;		/* not owned */
	size_t size;
	size_t at;			/* read so far; used while opening */
	uint32_t version;
	size_t alignment;
	struct gguf_kv *kv;
	struct gguf_tensor *tensors;
	size_t n_kv, n_tensors;
	struct map kv_index, tensor_index;
	struct gguf_parts parts;	/* close is NULL for a file */
	struct gguf **others;		/* the second to the last of several files; borrowed from by tensors */
	size_t n_others;
};

/* ---- reading ---- */

static uint32_t
load_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t
load_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* The next N bytes, or NULL when the file ends before. */
static const uint8_t *
take(struct gguf *g, uint64_t n)
{
	const uint8_t *p = g->data + g->at;

	if (n > g->size - g->at)
		return NULL;
	g->at += (size_t)n;
	return p;
}

static bool
take_u32(struct gguf *g, uint32_t *v)
{
	const uint8_t *p = take(g, sizeof *v);

	if (p)
		*v = load_u32(p);
	return p != NULL;
}

static bool
take_u64(struct gguf *g, uint64_t *v)
{
	const uint8_t *p = take(g, sizeof *v);

	if (p)
		*v = load_u64(p);
	return p != NULL;
}

static bool
cut_short(const struct gguf *g, struct err *e)
{
	return err_set(e, ERR_FAILED, "the file ends here, at byte %zu: it is cut short or damaged", g->size);
}

static bool
take_str(struct gguf *g, const char *what, size_t limit, struct gguf_str *s, struct err *e)
{
	uint64_t len;

	if (!take_u64(g, &len))
		return cut_short(g, e);
	if (len > limit)
		return err_set(e, ERR_FAILED, "%s of %llu bytes, at most %zu are allowed", what,
		    (unsigned long long)len, limit);
	s->len = (size_t)len;
	s->data = (const char *)take(g, len);
	return s->data || cut_short(g, e);
}

/* ---- metadata ---- */

static bool
check_bools(const struct gguf_kv *kv, struct err *e)
{
	for (uint64_t i = 0; i < kv->n; i++)
		if (kv->data[i] > 1)
			return err_set(e, ERR_FAILED, "a bool is 0 or 1, not %u", kv->data[i]);
	return true;
}

static bool
read_values(struct gguf *g, struct gguf_kv *kv, struct err *e)
{
	size_t size = gguf_type_size(kv->type);
	size_t bytes;

	if (kv->type == GGUF_STRING) {
		struct gguf_str s;

		kv->data = g->data + g->at;
		if (kv->n > (g->size - g->at) / sizeof(uint64_t))
			return err_set(e, ERR_FAILED, "%llu strings cannot fit in the %zu bytes that follow: it is cut short or damaged",
			    (unsigned long long)kv->n, g->size - g->at);
		for (uint64_t i = 0; i < kv->n; i++)
			if (!take_str(g, "a string", GGUF_MAX_STRING, &s, e))
				return false;
		return true;
	}
	if (!size_mul(&bytes, kv->n, size) || bytes > g->size - g->at)
		return err_set(e, ERR_FAILED, "%llu values of type %s cannot fit in the %zu bytes that follow: it is cut short or damaged",
		    (unsigned long long)kv->n, gguf_type_name(kv->type), g->size - g->at);
	kv->data = take(g, bytes);
	return kv->type != GGUF_BOOL || check_bools(kv, e);
}

static bool
read_value(struct gguf *g, struct gguf_kv *kv, struct err *e)
{
	uint32_t type;

	if (!take_u32(g, &type))
		return cut_short(g, e);
	kv->n = 1;
	kv->is_array = type == GGUF_ARRAY;
	if (kv->is_array) {
		if (!take_u32(g, &type) || !take_u64(g, &kv->n))
			return cut_short(g, e);
		if (type == GGUF_ARRAY)
			return err_set(e, ERR_FAILED, "an array of arrays, which minnow does not read");
	}
	if (type >= GGUF_TYPE_COUNT)
		return err_set(e, ERR_FAILED, "value type %u, known are 0 to %d", type, GGUF_TYPE_COUNT - 1);
	kv->type = (enum gguf_type)type;
	return read_values(g, kv, e);
}

static bool
read_metadata(struct gguf *g, struct err *e)
{
	for (size_t i = 0; i < g->n_kv; i++) {
		struct gguf_kv *kv = &g->kv[i];

		if (!take_str(g, "a key", GGUF_MAX_KEY, &kv->key, e))
			return err_wrap(e, "metadata entry %zu of %zu", i, g->n_kv);
		if (map_add(&g->kv_index, kv->key.data, kv->key.len, (uint32_t)i) != i)
			return err_set(e, ERR_FAILED, "metadata entry %zu: the key \"%s\" is there twice", i,
			    gguf_quote(kv->key).text);
		if (!read_value(g, kv, e))
			return err_wrap(e, "metadata \"%s\"", gguf_quote(kv->key).text);
	}
	return true;
}

static bool
read_alignment(struct gguf *g, struct err *e)
{
	uint64_t v = DEFAULT_ALIGNMENT;

	if (gguf_kv_find(g, "general.alignment") && !gguf_get_u64(g, "general.alignment", &v))
		return err_set(e, ERR_FAILED, "general.alignment is not a whole number");
	if (v == 0 || v > GGUF_MAX_ALIGNMENT || (v & (v - 1)) != 0)
		return err_set(e, ERR_FAILED, "general.alignment is %llu, a power of two up to %zu was expected",
		    (unsigned long long)v, GGUF_MAX_ALIGNMENT);
	g->alignment = (size_t)v;
	return true;
}

/* ---- tensors ---- */

static bool
read_dims(struct gguf *g, struct gguf_tensor *t, struct err *e)
{
	if (!take_u32(g, &t->n_dims))
		return cut_short(g, e);
	if (t->n_dims > 4)
		return err_set(e, ERR_FAILED, "%u dimensions, at most 4 are allowed", t->n_dims);
	t->n_elements = 1;
	for (uint32_t i = 0; i < 4; i++) {
		t->dims[i] = 1;
		if (i >= t->n_dims)
			continue;
		if (!take_u64(g, &t->dims[i]))
			return cut_short(g, e);
		if (t->dims[i] == 0)
			return err_set(e, ERR_FAILED, "dimension %u is 0", i);
		if (__builtin_mul_overflow(t->n_elements, t->dims[i], &t->n_elements) ||
		    t->n_elements > INT64_MAX)
			return err_set(e, ERR_FAILED, "its dimensions multiply to more than 2^63 elements");
	}
	return true;
}

/* Bytes of the tensor's data; 0 for a format we do not know. */
static bool
measure(struct gguf_tensor *t, struct err *e)
{
	const struct qtype_info *info;

	t->type = qtype_find(t->type_number);
	if (t->type == QT_COUNT)
		return true;
	info = qtype_info(t->type);
	if (t->dims[0] % info->block_len)
		return err_set(e, ERR_FAILED, "rows of %llu weights, a multiple of %u was expected for %s",
		    (unsigned long long)t->dims[0], info->block_len, info->name);
	if (!qtype_tensor_bytes(t->type, t->n_elements, &t->size))
		return err_set(e, ERR_FAILED, "its size does not fit in 64 bits");
	return true;
}

static bool
read_tensor(struct gguf *g, struct gguf_tensor *t, struct err *e)
{
	uint64_t offset;

	if (!read_dims(g, t, e))
		return false;
	if (!take_u32(g, &t->type_number) || !take_u64(g, &offset))
		return cut_short(g, e);
	if (offset % g->alignment)
		return err_set(e, ERR_FAILED, "begins at %llu, a multiple of the alignment %zu was expected",
		    (unsigned long long)offset, g->alignment);
	if (offset > g->size)
		return err_set(e, ERR_FAILED, "begins %llu bytes into the data, past the file's %zu bytes: it is cut short or damaged",
		    (unsigned long long)offset, g->size);
	t->offset = (size_t)offset;
	return measure(t, e);
}

static bool
read_tensors(struct gguf *g, struct err *e)
{
	for (size_t i = 0; i < g->n_tensors; i++) {
		struct gguf_tensor *t = &g->tensors[i];

		if (!take_str(g, "a name", GGUF_MAX_KEY, &t->name, e))
			return err_wrap(e, "tensor %zu of %zu", i, g->n_tensors);
		if (map_add(&g->tensor_index, t->name.data, t->name.len, (uint32_t)i) != i)
			return err_set(e, ERR_FAILED, "tensor %zu: the name \"%s\" is there twice", i,
			    gguf_quote(t->name).text);
		if (!read_tensor(g, t, e))
			return err_wrap(e, "tensor %zu \"%s\"", i, gguf_quote(t->name).text);
	}
	return true;
}

/* Offsets in the file count from the end of the tensor list, rounded up to the alignment. */
static bool
place_tensors(struct gguf *g, struct err *e)
{
	size_t start = (g->at + g->alignment - 1) / g->alignment * g->alignment;

	for (size_t i = 0; i < g->n_tensors; i++) {
		struct gguf_tensor *t = &g->tensors[i];

		t->offset += start;
		if (t->offset >= g->size || t->size > g->size - t->offset)
			return err_set(e, ERR_FAILED, "tensor %zu \"%s\" has %zu bytes from byte %zu on, past the "
			    "file's %zu bytes: it is cut short or damaged", i, gguf_quote(t->name).text,
			    t->size, t->offset, g->size);
		if (t->type != QT_COUNT)
			t->data = g->data + t->offset;
	}
	return true;
}

static int
by_offset(const void *a, const void *b)
{
	const struct gguf_tensor *x = *(const struct gguf_tensor *const *)a;
	const struct gguf_tensor *y = *(const struct gguf_tensor *const *)b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

/* A tensor of an unknown format has no known end, but it may not begin inside another one. */
static bool
check_overlap(const struct gguf *g, struct err *e)
{
	const struct gguf_tensor **order = mem_try(g->n_tensors, sizeof *order, "the order of the tensors", e);
	bool ok = true;

	if (!order)
		return false;
	for (size_t i = 0; i < g->n_tensors; i++)
		order[i] = &g->tensors[i];
	qsort(order, g->n_tensors, sizeof *order, by_offset);
	for (size_t i = 1; ok && i < g->n_tensors; i++) {
		const struct gguf_tensor *a = order[i - 1], *b = order[i];

		if (b->offset < a->offset + a->size || b->offset == a->offset)
			ok = err_set(e, ERR_FAILED, "the tensors \"%s\" and \"%s\" overlap at byte %zu",
			    gguf_quote(a->name).text, gguf_quote(b->name).text, b->offset);
	}
	free(order);
	return ok;
}

/* ---- opening ---- */

static bool
check_count(const struct gguf *g, const char *what, uint64_t n, size_t limit, size_t min_bytes, struct err *e)
{
	if (n > limit)
		return err_set(e, ERR_FAILED, "%llu %s, at most %zu are allowed", (unsigned long long)n, what,
		    limit);
	if (n * min_bytes > g->size)
		return err_set(e, ERR_FAILED, "%llu %s cannot fit in the file's %zu bytes",
		    (unsigned long long)n, what, g->size);
	return true;
}

static bool
read_header(struct gguf *g, struct err *e)
{
	uint64_t n_tensors, n_kv;

	if (!gguf_magic_check(g->data, g->size, e))
		return false;
	if (g->size < HEADER_BYTES)
		return err_set(e, ERR_FAILED, "%zu bytes, the header alone has %d: it is cut short", g->size,
		    HEADER_BYTES);
	g->version = load_u32(g->data + 4);
	if ((g->version & 0xffff) == 0 && g->version != 0)
		return err_set(e, ERR_FAILED, "a big-endian GGUF file, little-endian was expected");
	if (g->version != 2 && g->version != 3)
		return err_set(e, ERR_FAILED, "GGUF version %u, versions 2 and 3 are read", g->version);
	n_tensors = load_u64(g->data + 8);
	n_kv = load_u64(g->data + 16);
	if (!check_count(g, "tensors", n_tensors, GGUF_MAX_TENSORS, TENSOR_MIN_BYTES, e) ||
	    !check_count(g, "metadata entries", n_kv, GGUF_MAX_KV, KV_MIN_BYTES, e))
		return false;
	g->at = HEADER_BYTES;
	g->n_tensors = (size_t)n_tensors;
	g->n_kv = (size_t)n_kv;
	return true;
}

static bool
read_all(struct gguf *g, struct err *e)
{
	if (!read_header(g, e))
		return false;
	g->kv = mem_try(g->n_kv + 1, sizeof *g->kv, "the metadata index", e);
	g->tensors = mem_try(g->n_tensors + 1, sizeof *g->tensors, "the tensor index", e);
	if (!g->kv || !g->tensors)
		return false;
	map_init(&g->kv_index, g->n_kv);
	map_init(&g->tensor_index, g->n_tensors);
	if (!read_metadata(g, e) || !read_alignment(g, e) || !read_tensors(g, e))
		return false;
	return g->n_tensors == 0 || (place_tensors(g, e) && check_overlap(g, e));
}

static struct gguf *
open_file(const char *path, struct err *e)
{
	struct gguf *g = mem_new0(1, sizeof *g);

	if (!fs_map_open(&g->map, path, e))
		goto fail;
	g->data = g->map.data;
	g->size = g->map.size;
	if (!read_all(g, e)) {
		err_wrap(e, "%s", path);
		goto fail;
	}
	return g;
fail:
	gguf_close(g);
	return NULL;
}

/* ---- several files ---- */

/* What a file says of its place among several.  The first holds all metadata, and tensors may be in any. */
struct place {
	uint64_t no, count;		/* from 0; count 1: it is whole */
};

static bool
read_place(const struct gguf *g, struct place *p, struct err *e)
{
	*p = (struct place){.count = 1};
	if (!gguf_kv_find(g, "split.count"))
		return true;
	if (!gguf_get_u64(g, "split.count", &p->count))
		return err_set(e, ERR_FAILED, "split.count is not a whole number");
	if (p->count <= 1) {
		p->count = 1;
		return true;
	}
	if (p->count > GGUF_MAX_FILES)
		return err_set(e, ERR_FAILED, "split.count is %llu files, at most %d are allowed", (unsigned long long)p->count,
		    GGUF_MAX_FILES);
	if (!gguf_get_u64(g, "split.no", &p->no) || p->no >= p->count)
		return err_set(e, ERR_FAILED, "split.no does not say which of the %llu files this is",
		    (unsigned long long)p->count);
	return true;
}

/* Is it the first, and does its name lead to the others? */
static bool
check_first(const char *path, const struct place *p, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct buf first = {0};
	unsigned no, count;
	bool is_named = gguf_shard_parse(path, &no, &count) && count == p->count && no == p->no + 1;

	if (is_named && no == 1)
		return true;
	if (is_named) {
		gguf_shard_path(&first, slash ? slash + 1 : path, 1);
		err_set(e, ERR_FAILED, "is file %u of %u of a model: open the first, %s", no, count, first.data);
	} else {
		err_set(e, ERR_FAILED, "is file %llu of %llu of a model, by which the others are found only when it is called "
		    "NAME-%05llu-of-%05llu.gguf", (unsigned long long)p->no + 1, (unsigned long long)p->count,
		    (unsigned long long)p->no + 1, (unsigned long long)p->count);
	}
	buf_done(&first);
	return false;
}

/* MAP NULL: it is mapped here. */
static struct gguf *
open_other(const char *path, const struct fs_map *map, const struct place *want, struct err *e)
{
	struct gguf *g = map ? gguf_open_memory(map->data, map->size, e) : open_file(path, e);
	struct place p;

	if (!g) {
		if (map)
			err_wrap(e, "%s", path);
		err_wrap(e, "file %llu of %llu of the model", (unsigned long long)want->no + 1, (unsigned long long)want->count);
		return NULL;
	}
	if (!read_place(g, &p, e))
		err_wrap(e, "%s", path);
	else if (p.no != want->no || p.count != want->count)
		err_set(e, ERR_FAILED, "%s: says it is file %llu of %llu, number %llu of %llu was expected", path,
		    (unsigned long long)p.no + 1, (unsigned long long)p.count, (unsigned long long)want->no + 1,
		    (unsigned long long)want->count);
	else
		return g;
	gguf_close(g);
	return NULL;
}

/* The tensors of all files become one list. */
static bool
join_tensors(struct gguf *g, struct err *e)
{
	struct gguf_tensor *all;
	size_t n = g->n_tensors;
	uint64_t said;

	for (size_t i = 0; i < g->n_others; i++)
		n += g->others[i]->n_tensors;
	if (n > GGUF_MAX_TENSORS)
		return err_set(e, ERR_FAILED, "%zu tensors in all files, at most %d are allowed", n, GGUF_MAX_TENSORS);
	if (gguf_get_u64(g, "split.tensors.count", &said) && said != n)
		return err_set(e, ERR_FAILED, "split.tensors.count is %llu, but the files together have %zu: they are not of one "
		    "model, or damaged", (unsigned long long)said, n);
	all = mem_try(n + 1, sizeof *all, "the tensor index", e);
	if (!all)
		return false;
	if (g->n_tensors)
		memcpy(all, g->tensors, g->n_tensors * sizeof *all);
	free(g->tensors);
	g->tensors = all;
	for (size_t i = 0; i < g->n_others; i++) {
		const struct gguf *other = g->others[i];

		for (size_t k = 0; k < other->n_tensors; k++) {
			const struct gguf_tensor *t = &other->tensors[k];
			uint32_t at = (uint32_t)g->n_tensors;

			if (map_add(&g->tensor_index, t->name.data, t->name.len, at) != at)
				return err_set(e, ERR_FAILED, "the tensor \"%s\" of file %zu is in a file before it too",
				    gguf_quote(t->name).text, i + 2);
			g->tensors[g->n_tensors++] = *t;
		}
		g->size += other->size;
	}
	return true;
}

/* FILES[0..n), when not NULL, are mapped already. */
static bool
open_others(struct gguf *g, const char *path, const struct fs_map *files, size_t n, struct err *e)
{
	struct buf name = {0};
	struct place p;
	bool ok = true;

	if (!read_place(g, &p, e) || (p.count > 1 && !check_first(path, &p, e)))
		return err_wrap(e, "%s", path);
	if (p.count == 1)
		return true;
	assert(!files || n == p.count);		/* the name says so too */
	g->others = mem_new0(p.count, sizeof *g->others);
	for (p.no = 1; ok && p.no < p.count; p.no++) {
		gguf_shard_path(&name, path, (unsigned)p.no + 1);
		g->others[g->n_others] = open_other(buf_str(&name), files ? &files[p.no] : NULL, &p, e);
		ok = g->others[g->n_others] != NULL;
		g->n_others += ok;
	}
	buf_done(&name);
	return ok && (join_tensors(g, e) || err_wrap(e, "%s", path));
}

struct gguf *
gguf_open(const char *path, struct err *e)
{
	struct gguf *g = open_file(path, e);

	if (g && !open_others(g, path, NULL, 0, e)) {
		gguf_close(g);
		return NULL;
	}
	return g;
}

struct gguf *
gguf_open_mapped(const char *path, const struct fs_map *files, size_t n, struct err *e)
{
	struct gguf *g = gguf_open_memory(files[0].data, files[0].size, e);

	if (!g)
		err_wrap(e, "%s", path);
	else if (!open_others(g, path, files, n, e)) {
		gguf_close(g);
		return NULL;
	}
	return g;
}

/* ---- without a file ---- */

struct gguf *
gguf_open_memory(const void *data, size_t size, struct err *e)
{
	struct gguf *g = mem_new0(1, sizeof *g);

	g->data = data;
	g->size = size;
	if (read_all(g, e))
		return g;
	gguf_close(g);
	return NULL;
}

/* The tensors replace the empty list of the head. */
static bool
take_tensors(struct gguf *g, struct err *e)
{
	free(g->tensors);
	g->tensors = g->parts.tensors;
	g->n_tensors = g->parts.n_tensors;
	map_done(&g->tensor_index);
	map_init(&g->tensor_index, g->n_tensors);
	for (size_t i = 0; i < g->n_tensors; i++) {
		struct gguf_tensor *t = &g->tensors[i];

		t->offset = 0;
		t->type_number = qtype_info(t->type)->gguf_number;
		if (map_add(&g->tensor_index, t->name.data, t->name.len, (uint32_t)i) != i)
			return err_set(e, ERR_FAILED, "two tensors become \"%s\"", gguf_quote(t->name).text);
	}
	g->size = g->parts.file_size;
	g->version = 0;
	return true;
}

struct gguf *
gguf_open_parts(struct gguf_parts *p, struct err *e)
{
	struct gguf *g = mem_new0(1, sizeof *g);

	g->parts = *p;
	*p = (struct gguf_parts){0};
	g->data = (const uint8_t *)g->parts.head.data;
	g->size = g->parts.head.len;
	if (read_all(g, e) && take_tensors(g, e))
		return g;
	gguf_close(g);
	return NULL;
}

void
gguf_close(struct gguf *g)
{
	if (!g)
		return;
	if (g->parts.close) {
		g->parts.close(g->parts.owner);
		if (g->tensors != g->parts.tensors)
			free(g->parts.tensors);
		buf_done(&g->parts.head);
	}
	for (size_t i = 0; i < g->n_others; i++)
		gguf_close(g->others[i]);
	free(g->others);
	free(g->kv);
	free(g->tensors);
	map_done(&g->kv_index);
	map_done(&g->tensor_index);
	fs_map_close(&g->map);
	free(g);
}

/* ---- looking up ---- */

uint32_t
gguf_version(const struct gguf *g)
{
	return g->version;
}

size_t
gguf_file_size(const struct gguf *g)
{
	return g->size;
}

size_t
gguf_n_files(const struct gguf *g)
{
	return 1 + g->n_others;
}

size_t
gguf_n_kv(const struct gguf *g)
{
	return g->n_kv;
}

const struct gguf_kv *
gguf_kv_at(const struct gguf *g, size_t i)
{
	return i < g->n_kv ? &g->kv[i] : NULL;
}

const struct gguf_kv *
gguf_kv_find(const struct gguf *g, const char *key)
{
	uint32_t i = map_find(&g->kv_index, key, strlen(key));

	return i == MAP_NONE ? NULL : &g->kv[i];
}

size_t
gguf_n_tensors(const struct gguf *g)
{
	return g->n_tensors;
}

const struct gguf_tensor *
gguf_tensor_at(const struct gguf *g, size_t i)
{
	return i < g->n_tensors ? &g->tensors[i] : NULL;
}

const struct gguf_tensor *
gguf_tensor_find(const struct gguf *g, const char *name)
{
	uint32_t i = map_find(&g->tensor_index, name, strlen(name));

	return i == MAP_NONE ? NULL : &g->tensors[i];
}

static bool
holds(const struct gguf *g, const uint8_t *data)
{
	return data >= g->map.data && data < g->map.data + g->map.size;
}

void
gguf_drop(const struct gguf *g, const uint8_t *data, size_t size)
{
	if (g->parts.drop) {
		g->parts.drop(g->parts.owner, data, size);
		return;
	}
	for (size_t i = 0; i < g->n_others && !holds(g, data); i++)
		if (holds(g->others[i], data))
			g = g->others[i];
	if (holds(g, data))
		fs_map_drop(&g->map, (size_t)(data - g->map.data), size);
}

void
gguf_tensor_drop(const struct gguf *g, const struct gguf_tensor *t)
{
	if (t->data)
		gguf_drop(g, t->data, t->size);
}
