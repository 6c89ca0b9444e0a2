/* GGUF container, versions 2 and 3: bounds-checked header, metadata and tensor list.
 * Knows nothing about models.  Tensor bytes and strings stay in the mapping.
 * Source: the GGUF specification (ggml, docs/gguf.md). */
#ifndef CORE_GGUF_H
#define CORE_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "kernels/kern.h"

struct fs_map;
struct gguf;

/* What is refused whatever the size of the file. */
#define GGUF_MAX_KV 16384
#define GGUF_MAX_TENSORS 65536
#define GGUF_MAX_FILES 1000			/* of one model */
#define GGUF_MAX_KEY ((size_t)64 << 10)		/* bytes; tensor names too */
#define GGUF_MAX_STRING ((size_t)16 << 20)	/* bytes */
#define GGUF_MAX_ALIGNMENT ((size_t)1 << 20)

enum gguf_type {		/* numbers as in the file */
	GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STRING, GGUF_ARRAY,
	GGUF_U64, GGUF_I64, GGUF_F64, GGUF_TYPE_COUNT
};

struct gguf_str {
	const char *data;	/* borrowed from the mapping, not NUL-terminated, any bytes */
	size_t len;
};

/* One metadata entry.  Scalars are arrays of one. */
struct gguf_kv {
	struct gguf_str key;
	enum gguf_type type;		/* of the value, or of the elements of an array */
	bool is_array;
	uint64_t n;			/* elements */
	const uint8_t *data;		/* first element; strings: a u64 length, then the bytes, each */
};

struct gguf_tensor {
	struct gguf_str name;
	uint32_t n_dims;
	uint64_t dims[4];		/* innermost first; unused ones are 1 */
	enum qtype type;		/* QT_COUNT: a number we do not know */
	uint32_t type_number;		/* as in the file */
	uint64_t n_elements;
	const uint8_t *data;		/* NULL when type is QT_COUNT */
	size_t size;			/* bytes; 0 when type is QT_COUNT */
	size_t offset;			/* of data in its file; 0 in a container of parts */
};

/* Map PATH and check the whole directory.  NULL with *e set on any defect: a non-NULL gguf never needs a bounds
 * check again.  A tensor of an unknown format is not a defect here; whoever needs its data refuses it by name.
 * The first of several files (keys split.*, names as in gguf_shard.h) brings the others along; their metadata does not
 * count. */
struct gguf *gguf_open(const char *path, struct err *e) MUST_CHECK;
/* The same where the caller holds the mappings of its N files, in their order: as many as the name of PATH says, 1 for
 * any other name.  They must outlive the gguf. */
struct gguf *gguf_open_mapped(const char *path, const struct fs_map *files, size_t n, struct err *e) MUST_CHECK;
/* The same for bytes in memory, which must outlive the gguf.  Of several files it has what the first holds. */
struct gguf *gguf_open_memory(const void *data, size_t size, struct err *e) MUST_CHECK;

/* A container of parts from elsewhere, for models that are stored otherwise.  HEAD holds a GGUF file of metadata
 * alone; the tensors' names and data live until close(owner), which is called once, on failure too.  HEAD and TENSORS
 * (from malloc) are taken. */
struct gguf_parts {
	struct buf head;
	struct gguf_tensor *tensors;	/* offset and type_number are set here */
	size_t n_tensors;
	size_t file_size;		/* of all files together */
	void *owner;
	void (*close)(void *owner);
	void (*drop)(void *owner, const uint8_t *data, size_t size);	/* as gguf_drop() */
};
struct gguf *gguf_open_parts(struct gguf_parts *p, struct err *e) MUST_CHECK;
void gguf_close(struct gguf *g);

uint32_t gguf_version(const struct gguf *g);		/* 0: made of parts */
size_t gguf_file_size(const struct gguf *g);		/* of all files together */
size_t gguf_n_files(const struct gguf *g);
size_t gguf_n_kv(const struct gguf *g);
const struct gguf_kv *gguf_kv_at(const struct gguf *g, size_t i);
const struct gguf_kv *gguf_kv_find(const struct gguf *g, const char *key);	/* or NULL */
size_t gguf_n_tensors(const struct gguf *g);
const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i);
const struct gguf_tensor *gguf_tensor_find(const struct gguf *g, const char *name);	/* or NULL */

/* Typed reads.  False when the key is absent or of another kind; *out is left alone then.  Integers of any width are
 * accepted when the value fits. */
bool gguf_get_u64(const struct gguf *g, const char *key, uint64_t *out);
bool gguf_get_i64(const struct gguf *g, const char *key, int64_t *out);
bool gguf_get_f64(const struct gguf *g, const char *key, double *out);	/* integers too */
bool gguf_get_bool(const struct gguf *g, const char *key, bool *out);
bool gguf_get_str(const struct gguf *g, const char *key, struct gguf_str *out);

/* Element I of an array of numbers (any kind, bool too) as double or integer.  i < kv->n.  What does not fit: the
 * nearest that does, 0 for a real number past 63 bits. */
double gguf_array_f64(const struct gguf_kv *kv, uint64_t i);
uint64_t gguf_array_u64(const struct gguf_kv *kv, uint64_t i);
int64_t gguf_array_i64(const struct gguf_kv *kv, uint64_t i);
/* Walk an array of strings: start with cursor = kv->data, call n times. */
struct gguf_str gguf_array_next_str(const uint8_t **cursor);

/* A string of the file made fit for a message: control, quote and non-ASCII bytes as \xNN, cut with "…" when long.
 * In a call:  err_set(e, ERR_FAILED, "… \"%s\" …", gguf_quote(t->name).text). */
struct gguf_quoted {
	char text[84];
};
struct gguf_quoted gguf_quote(struct gguf_str s);

/* Drop the pages that lie whole within SIZE bytes of a tensor, at DATA, or within all of it: what was there was packed
 * elsewhere.  They come back when they are read. */
void gguf_drop(const struct gguf *g, const uint8_t *data, size_t size);
void gguf_tensor_drop(const struct gguf *g, const struct gguf_tensor *t);
const char *gguf_type_name(enum gguf_type t);
size_t gguf_type_size(enum gguf_type t);		/* bytes of one value; 0: strings and arrays */

#endif
