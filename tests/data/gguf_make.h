/* A tiny GGUF writer for tests: metadata and tensors in, the bytes of a file out.  It writes what it is told, defects
 * included.  Everything is static inline, so a test includes this file and nothing else.
 *
 *	struct gguf_make m = {0};
 *	gguf_make_str(&m, "general.architecture", "llama");
 *	gguf_make_tensor(&m, "a", 0, 2, (uint64_t[]){4, 2}, data, 32);
 *	gguf_make_finish(&m, &file);		file: struct buf, the caller's
 */
#ifndef TESTS_DATA_GGUF_MAKE_H
#define TESTS_DATA_GGUF_MAKE_H

#include <stdint.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/gguf.h"

struct gguf_make {
	uint32_t version;		/* 0: 3 */
	uint32_t alignment;		/* 0: 32.  Not written as a key: that is up to the test */
	uint64_t n_kv, n_tensors;
	struct buf kv, tensors, data;
};

static inline void
gguf_make_u32_raw(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof v);
}

static inline void
gguf_make_u64_raw(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

static inline void
gguf_make_str_raw(struct buf *b, const char *s, size_t len)
{
	gguf_make_u64_raw(b, len);
	buf_add(b, s, len);
}

static inline void
gguf_make_pad(struct buf *b, uint32_t alignment)
{
	while (b->len % (alignment ? alignment : 32))
		buf_add_char(b, 0);
}

/* A scalar of any type, N bytes at P as they go into the file. */
static inline void
gguf_make_scalar(struct gguf_make *m, const char *key, enum gguf_type type, const void *p, size_t n)
{
	gguf_make_str_raw(&m->kv, key, strlen(key));
	gguf_make_u32_raw(&m->kv, type);
	buf_add(&m->kv, p, n);
	m->n_kv++;
}

static inline void
gguf_make_u32(struct gguf_make *m, const char *key, uint32_t v)
{
	gguf_make_scalar(m, key, GGUF_U32, &v, sizeof v);
}

static inline void
gguf_make_f32(struct gguf_make *m, const char *key, float v)
{
	gguf_make_scalar(m, key, GGUF_F32, &v, sizeof v);
}

static inline void
gguf_make_bool(struct gguf_make *m, const char *key, bool v)
{
	gguf_make_scalar(m, key, GGUF_BOOL, &v, 1);
}

static inline void
gguf_make_str(struct gguf_make *m, const char *key, const char *v)
{
	gguf_make_scalar(m, key, GGUF_STRING, NULL, 0);
	gguf_make_str_raw(&m->kv, v, strlen(v));
}

/* An array of N numbers, n * size bytes at P. */
static inline void
gguf_make_array(struct gguf_make *m, const char *key, enum gguf_type type, const void *p, uint64_t n, size_t size)
{
	gguf_make_scalar(m, key, GGUF_ARRAY, NULL, 0);
	gguf_make_u32_raw(&m->kv, type);
	gguf_make_u64_raw(&m->kv, n);
	buf_add(&m->kv, p, (size_t)n * size);
}

static inline void
gguf_make_strs(struct gguf_make *m, const char *key, const char *const *v, uint64_t n)
{
	gguf_make_array(m, key, GGUF_STRING, NULL, n, 0);
	for (uint64_t i = 0; i < n; i++)
		gguf_make_str_raw(&m->kv, v[i], strlen(v[i]));
}

/* An entry of the tensor list without data of its own: OFFSET as given. */
static inline void
gguf_make_tensor_at(struct gguf_make *m, const char *name, uint32_t type, uint32_t n_dims, const uint64_t *dims,
    uint64_t offset)
{
	gguf_make_str_raw(&m->tensors, name, strlen(name));
	gguf_make_u32_raw(&m->tensors, n_dims);
	buf_add(&m->tensors, dims, n_dims * sizeof *dims);
	gguf_make_u32_raw(&m->tensors, type);
	gguf_make_u64_raw(&m->tensors, offset);
	m->n_tensors++;
}

static inline void
gguf_make_tensor(struct gguf_make *m, const char *name, uint32_t type, uint32_t n_dims, const uint64_t *dims,
    const void *data, size_t size)
{
	gguf_make_pad(&m->data, m->alignment);
	gguf_make_tensor_at(m, name, type, n_dims, dims, m->data.len);
	buf_add(&m->data, data, size);
}

/* The whole file into OUT (emptied first); M is freed. */
static inline void
gguf_make_finish(struct gguf_make *m, struct buf *out)
{
	buf_clear(out);
	buf_add(out, "GGUF", 4);
	gguf_make_u32_raw(out, m->version ? m->version : 3);
	gguf_make_u64_raw(out, m->n_tensors);
	gguf_make_u64_raw(out, m->n_kv);
	buf_add(out, m->kv.data, m->kv.len);
	buf_add(out, m->tensors.data, m->tensors.len);
	if (m->n_tensors)
		gguf_make_pad(out, m->alignment);
	buf_add(out, m->data.data, m->data.len);
	buf_done(&m->kv);
	buf_done(&m->tensors);
	buf_done(&m->data);
}

#endif
