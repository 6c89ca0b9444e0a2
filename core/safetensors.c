/* Safetensors containers; see safetensors.h.
 *
 * The header's length is checked against the file before the JSON is read, and every offset against what follows it
 * before a pointer is made; then the tensors are put in order to see that none overlap. */
#include "core/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"

#define LENGTH_BYTES 8		/* of the header's length, little endian */

struct safetensors {
	struct fs_map map;		/* data NULL when opened from memory */
	const uint8_t *data;		/* not owned */
	size_t size;
	size_t start;			/* of the tensors' bytes */
	json_t *header;			/* the names live here */
	struct st_tensor *tensors;
	size_t n_tensors;
};

static const struct {
	const char *name;
	uint32_t bits;
} types[ST_TYPE_COUNT] = {
#define ST_TYPE(id, bits) [ST_##id] = {#id, bits},
#include "core/safetensors.def"
#undef ST_TYPE
};

const char *
st_type_name(enum st_type t)
{
	return (size_t)t < ST_TYPE_COUNT ? types[t].name : "unknown";
}

static struct gguf_quoted
quote(const char *s)
{
	return gguf_quote((struct gguf_str){s, strlen(s)});
}

/* ---- one tensor ---- */

static bool
read_type(struct st_tensor *t, const json_t *entry, struct err *e)
{
	const char *name = json_string_value(json_object_get(entry, "dtype"));

	if (!name)
		return err_set(e, ERR_FAILED, "it has no dtype");
	for (int i = 0; i < ST_TYPE_COUNT; i++) {
		if (strcmp(types[i].name, name) == 0) {
			t->type = (enum st_type)i;
			return true;
		}
	}
	return err_set(e, ERR_FAILED, "its dtype \"%s\" is not known", quote(name).text);
}

static bool
read_shape(struct st_tensor *t, const json_t *entry, struct err *e)
{
	const json_t *shape = json_object_get(entry, "shape");
	size_t n = json_array_size(shape);

	if (!json_is_array(shape))
		return err_set(e, ERR_FAILED, "it has no shape");
	if (n > ST_MAX_DIMS)
		return err_set(e, ERR_FAILED, "%zu dimensions, at most %d are allowed", n, ST_MAX_DIMS);
	t->n_dims = (uint32_t)n;
	t->n_elements = 1;
	for (size_t i = 0; i < ST_MAX_DIMS; i++) {
		const json_t *d = i < n ? json_array_get(shape, i) : NULL;

		t->dims[i] = 1;
		if (i >= n)
			continue;
		if (!json_is_integer(d) || json_integer_value(d) < 0)
			return err_set(e, ERR_FAILED, "dimension %zu is not a whole number", i);
		t->dims[i] = (uint64_t)json_integer_value(d);
		if (__builtin_mul_overflow(t->n_elements, t->dims[i], &t->n_elements) || t->n_elements > INT64_MAX / 64)
			return err_set(e, ERR_FAILED, "its dimensions multiply to more than 2^57 elements");
	}
	return true;
}

static bool
read_place(const struct safetensors *s, struct st_tensor *t, const json_t *entry, struct err *e)
{
	const json_t *place = json_object_get(entry, "data_offsets");
	const json_t *from = json_array_get(place, 0), *to = json_array_get(place, 1);
	uint64_t need = t->n_elements * types[t->type].bits / 8;
	json_int_t a = json_integer_value(from), b = json_integer_value(to);

	if (json_array_size(place) != 2 || !json_is_integer(from) || !json_is_integer(to) || a < 0 || b < a)
		return err_set(e, ERR_FAILED, "its data_offsets are not two whole numbers in order");
	if ((uint64_t)b > s->size - s->start)
		return err_set(e, ERR_FAILED, "it ends at byte %lld of the data, of which the file has "
		    "%zu: it is cut short or damaged", (long long)b, s->size - s->start);
	if ((uint64_t)(b - a) != need)
		return err_set(e, ERR_FAILED, "it has %lld bytes, expected %" PRIu64 " for its shape in %s",
		    (long long)(b - a), need, types[t->type].name);
	t->size = (size_t)need;
	t->offset = s->start + (size_t)a;
	t->data = s->data + t->offset;
	return true;
}

/* ---- the header ---- */

static bool
read_header(struct safetensors *s, struct err *e)
{
	json_error_t bad;
	uint64_t n;

	if (s->size < LENGTH_BYTES)
		return err_set(e, ERR_FAILED, "%zu bytes, a safetensors file has at least %d: it is cut short", s->size,
		    LENGTH_BYTES);
	memcpy(&n, s->data, sizeof n);
	if (n > ST_MAX_HEADER)
		return err_set(e, ERR_FAILED, "a header of %" PRIu64 " bytes, at most %zu are allowed: this is no safetensors "
		    "file", n, ST_MAX_HEADER);
	if (n > s->size - LENGTH_BYTES)
		return err_set(e, ERR_FAILED, "a header of %" PRIu64 " bytes in a file of %zu: it is cut short or damaged", n,
		    s->size);
	s->start = LENGTH_BYTES + (size_t)n;
	s->header = json_loadb((const char *)s->data + LENGTH_BYTES, (size_t)n, JSON_REJECT_DUPLICATES, &bad);
	if (!s->header)
		return err_set(e, ERR_FAILED, "the header is no JSON: %s", quote(bad.text).text);
	if (!json_is_object(s->header))
		return err_set(e, ERR_FAILED, "the header is no JSON object");
	if (json_object_size(s->header) > ST_MAX_TENSORS)
		return err_set(e, ERR_FAILED, "%zu tensors, at most %d are allowed", json_object_size(s->header),
		    ST_MAX_TENSORS);
	return true;
}

static bool
read_tensors(struct safetensors *s, struct err *e)
{
	const char *name;
	json_t *entry;

	s->tensors = mem_try(json_object_size(s->header) + 1, sizeof *s->tensors, "the list of tensors", e);
	if (!s->tensors)
		return false;
	json_object_foreach(s->header, name, entry) {
		struct st_tensor *t = &s->tensors[s->n_tensors];

		if (strcmp(name, "__metadata__") == 0)
			continue;
		t->name = name;
		if (strlen(name) > GGUF_MAX_KEY)
			return err_set(e, ERR_FAILED, "a name of %zu bytes, at most %zu are allowed", strlen(name),
			    GGUF_MAX_KEY);
		if (!read_type(t, entry, e) || !read_shape(t, entry, e) || !read_place(s, t, entry, e))
			return err_wrap(e, "tensor \"%s\"", quote(name).text);
		s->n_tensors++;
	}
	return true;
}

static int
by_offset(const void *a, const void *b)
{
	const struct st_tensor *x = *(const struct st_tensor *const *)a;
	const struct st_tensor *y = *(const struct st_tensor *const *)b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

static bool
check_overlap(const struct safetensors *s, struct err *e)
{
	const struct st_tensor **order = mem_try(s->n_tensors + 1, sizeof *order, "the order of the tensors", e);
	bool ok = true;

	if (!order)
		return false;
	for (size_t i = 0; i < s->n_tensors; i++)
		order[i] = &s->tensors[i];
	qsort(order, s->n_tensors, sizeof *order, by_offset);
	for (size_t i = 1; ok && i < s->n_tensors; i++) {
		const struct st_tensor *a = order[i - 1], *b = order[i];

		if (b->offset < a->offset + a->size)
			ok = err_set(e, ERR_FAILED, "the tensors \"%s\" and \"%s\" overlap at byte %zu",
			    quote(a->name).text, quote(b->name).text, b->offset);
	}
	free(order);
	return ok;
}

/* ---- opening ---- */

struct safetensors *
safetensors_open_memory(const void *data, size_t size, struct err *e)
{
	struct safetensors *s = mem_new0(1, sizeof *s);

	s->data = data;
	s->size = size;
	if (read_header(s, e) && read_tensors(s, e) && check_overlap(s, e))
		return s;
	safetensors_close(s);
	return NULL;
}

struct safetensors *
safetensors_open(const char *path, struct err *e)
{
	struct safetensors *s;
	struct fs_map map;

	if (!fs_map_open(&map, path, e))
		return NULL;
	s = safetensors_open_memory(map.data, map.size, e);
	if (!s) {
		fs_map_close(&map);
		err_wrap(e, "%s", path);
		return NULL;
	}
	s->map = map;
	return s;
}

void
safetensors_close(struct safetensors *s)
{
	if (!s)
		return;
	json_decref(s->header);
	free(s->tensors);
	fs_map_close(&s->map);
	free(s);
}

size_t
safetensors_n(const struct safetensors *s)
{
	return s->n_tensors;
}

const struct st_tensor *
safetensors_at(const struct safetensors *s, size_t i)
{
	return i < s->n_tensors ? &s->tensors[i] : NULL;
}

size_t
safetensors_file_size(const struct safetensors *s)
{
	return s->size;
}

bool
safetensors_holds(const struct safetensors *s, const uint8_t *data)
{
	return data >= s->data && data < s->data + s->size;
}

void
safetensors_drop(const struct safetensors *s, const uint8_t *data, size_t size)
{
	fs_map_drop(&s->map, (size_t)(data - s->data), size);
}
