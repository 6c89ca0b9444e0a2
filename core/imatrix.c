/* Importance matrices; see imatrix.h.
 *
 * GGUF: for every weight two F32 tensors, NAME.in_sum2 [columns, matrices], sums of squares, and NAME.counts
 * [1, matrices], of how many inputs.
 * .dat: int32 n, then n times { int32 length, name, int32 calls, int32 values, float values[] }, little endian; what
 * follows (a count and the name of the text) is not needed. */
#include "core/imatrix.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/map.h"
#include "core/base/mem.h"

#define MAX_ENTRIES 65536
#define SUMS ".in_sum2"
#define COUNTS ".counts"

/* A column that was never used still counts for a little, so that no block is left to chance. */
#define LEAST 1e-4f

struct entry {
	struct gguf_str name;		/* borrowed from the file */
	uint64_t n_columns, n_matrices;
	float *values;
};

struct imatrix {
	struct fs_map map;
	struct gguf *gguf;		/* NULL: a .dat file */
	struct entry *entries;
	size_t n;
	struct map index;
};

struct reader {
	const uint8_t *p;
	size_t left;
};

/* Divide what was summed by its count, make the mean 1. */
static bool
normalize(float *v, uint64_t n, double count, struct err *e)
{
	double sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (!(v[i] >= 0 && v[i] < INFINITY))
			return err_set(e, ERR_FAILED, "value %" PRIu64 " is %g, a sum of squares was expected", i, (double)v[i]);
		sum += (double)v[i];
	}
	for (uint64_t i = 0; i < n; i++) {
		float mean = sum > 0 && count > 0 ? (float)((double)v[i] * (double)n / sum) : 1;

		v[i] = mean > LEAST ? mean : LEAST;
	}
	return true;
}

static struct entry *
add_entry(struct imatrix *m, struct gguf_str name, uint64_t n_columns, uint64_t n_matrices, const void *values, struct err *e)
{
	struct entry *it = &m->entries[m->n];
	size_t n;

	if (map_add(&m->index, name.data, name.len, (uint32_t)m->n) != m->n) {
		err_set(e, ERR_FAILED, "it is there twice");
		return NULL;
	}
	*it = (struct entry){.name = name, .n_columns = n_columns, .n_matrices = n_matrices};
	n = (size_t)(n_columns * n_matrices);
	it->values = mem_try(n, sizeof *it->values, "the importance matrix", e);
	if (!it->values)
		return NULL;
	m->n++;
	memcpy(it->values, values, n * sizeof *it->values);
	return it;
}

/* ---- GGUF ---- */

static bool
read_tensor(struct imatrix *m, const struct gguf_tensor *t, struct err *e)
{
	char counts_name[512];
	size_t n = t->name.len - strlen(SUMS);
	const struct gguf_tensor *counts;
	struct entry *it;

	if (n + sizeof COUNTS > sizeof counts_name)
		return err_set(e, ERR_FAILED, "its name is too long");
	memcpy(counts_name, t->name.data, n);
	memcpy(counts_name + n, COUNTS, sizeof COUNTS);
	counts = gguf_tensor_find(m->gguf, counts_name);
	if (t->type != QT_f32 || !counts || counts->type != QT_f32)
		return err_set(e, ERR_FAILED, "sums and counts in f32 were expected");
	if (counts->n_elements != t->dims[1] || t->dims[2] != 1 || t->dims[3] != 1)
		return err_set(e, ERR_FAILED, "%" PRIu64 " counts for %" PRIu64 " matrices", counts->n_elements,
		    t->n_elements / t->dims[0]);
	it = add_entry(m, (struct gguf_str){t->name.data, n}, t->dims[0], t->dims[1], t->data, e);
	if (!it)
		return false;
	for (uint64_t i = 0; i < it->n_matrices; i++) {
		float count;

		memcpy(&count, counts->data + i * sizeof count, sizeof count);
		if (!normalize(it->values + i * it->n_columns, it->n_columns, (double)count, e))
			return false;
	}
	return true;
}

static bool
read_gguf(struct imatrix *m, struct err *e)
{
	size_t n = gguf_n_tensors(m->gguf), suffix = strlen(SUMS);

	m->entries = mem_try(n + 1, sizeof *m->entries, "the importance matrix", e);
	if (!m->entries)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct gguf_tensor *t = gguf_tensor_at(m->gguf, i);

		if (t->name.len <= suffix || memcmp(t->name.data + t->name.len - suffix, SUMS, suffix) != 0)
			continue;
		if (!read_tensor(m, t, e))
			return err_wrap(e, "tensor \"%s\"", gguf_quote(t->name).text);
	}
	return true;
}

/* ---- .dat ---- */

static const void *
take(struct reader *r, size_t n)
{
	const void *p = r->p;

	if (n > r->left)
		return NULL;
	r->p += n;
	r->left -= n;
	return p;
}

static bool
take_count(struct reader *r, int32_t low, int32_t high, const char *what, int32_t *v, struct err *e)
{
	const void *p = take(r, sizeof *v);

	if (!p)
		return err_set(e, ERR_FAILED, "the file ends here: it is cut short or damaged");
	memcpy(v, p, sizeof *v);
	if (*v < low || *v > high)
		return err_set(e, ERR_FAILED, "%" PRId32 " %s, %" PRId32 " to %" PRId32 " were expected", *v, what, low, high);
	return true;
}

static bool
read_entry(struct imatrix *m, struct reader *r, struct err *e)
{
	int32_t len, calls, n;
	const void *name, *values;
	struct entry *it;

	if (!take_count(r, 1, 512, "bytes of a name", &len, e))
		return false;
	name = take(r, (size_t)len);
	if (!name)
		return err_set(e, ERR_FAILED, "the file ends inside a name");
	if (!take_count(r, 0, INT32_MAX, "calls", &calls, e) || !take_count(r, 1, INT32_MAX, "values", &n, e))
		return false;
	values = take(r, (size_t)n * sizeof(float));
	if (!values)
		return err_set(e, ERR_FAILED, "the file ends inside %" PRId32 " values", n);
	it = add_entry(m, (struct gguf_str){name, (size_t)len}, (uint64_t)n, 1, values, e);
	return it && normalize(it->values, it->n_columns, calls, e);
}

static bool
read_dat(struct imatrix *m, const void *data, size_t size, struct err *e)
{
	struct reader r = {data, size};
	int32_t n;

	if (!take_count(&r, 1, MAX_ENTRIES, "entries", &n, e))
		return err_wrap(e, "neither a GGUF importance matrix nor an older one");
	m->entries = mem_try((size_t)n, sizeof *m->entries, "the importance matrix", e);
	if (!m->entries)
		return false;
	for (int32_t i = 0; i < n; i++)
		if (!read_entry(m, &r, e))
			return err_wrap(e, "entry %" PRId32 " of %" PRId32, i, n);
	return true;
}

/* ---- opening ---- */

static bool
open_bytes(struct imatrix *m, const void *data, size_t size, struct err *e)
{
	map_init(&m->index, 256);
	if (size >= 4 && memcmp(data, "GGUF", 4) == 0) {
		m->gguf = gguf_open_memory(data, size, e);
		if (!m->gguf || !read_gguf(m, e))
			return false;
	} else if (!read_dat(m, data, size, e)) {
		return false;
	}
	return m->n > 0 || err_set(e, ERR_FAILED, "no sums of squares (*%s) in it: it is no importance matrix", SUMS);
}

struct imatrix *
imatrix_open_memory(const void *data, size_t size, struct err *e)
{
	struct imatrix *m = mem_new0(1, sizeof *m);

	if (open_bytes(m, data, size, e))
		return m;
	imatrix_close(m);
	return NULL;
}

struct imatrix *
imatrix_open(const char *path, struct err *e)
{
	struct imatrix *m = mem_new0(1, sizeof *m);

	if (fs_map_open(&m->map, path, e)) {
		if (open_bytes(m, m->map.data, m->map.size, e))
			return m;
		err_wrap(e, "%s", path);
	}
	imatrix_close(m);
	return NULL;
}

void
imatrix_close(struct imatrix *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->entries[i].values);
	free(m->entries);
	map_done(&m->index);
	gguf_close(m->gguf);
	fs_map_close(&m->map);
	free(m);
}

size_t
imatrix_n(const struct imatrix *m)
{
	return m->n;
}

const float *
imatrix_find(const struct imatrix *m, struct gguf_str name, uint64_t *n_columns, uint64_t *n_matrices)
{
	uint32_t i = map_find(&m->index, name.data, name.len);

	if (i == MAP_NONE)
		return NULL;
	*n_columns = m->entries[i].n_columns;
	*n_matrices = m->entries[i].n_matrices;
	return m->entries[i].values;
}
