/* Writing small GGUF files into memory, for tests: metadata only. */
#ifndef TESTS_TOK_GGUF_BYTES_H
#define TESTS_TOK_GGUF_BYTES_H

#include <stdint.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/gguf.h"

struct gguf_bytes {
	struct buf out;
	uint64_t n_kv;
};

static inline void
gb_u32(struct gguf_bytes *b, uint32_t v)
{
	buf_add(&b->out, &v, sizeof v);
}

static inline void
gb_u64(struct gguf_bytes *b, uint64_t v)
{
	buf_add(&b->out, &v, sizeof v);
}

static inline void
gb_str(struct gguf_bytes *b, const char *s, size_t n)
{
	gb_u64(b, n);
	buf_add(&b->out, s, n);
}

static inline void
gb_begin(struct gguf_bytes *b)
{
	*b = (struct gguf_bytes){0};
	buf_add(&b->out, "GGUF", 4);
	gb_u32(b, 3);
	gb_u64(b, 0);
	gb_u64(b, 0);
}

static inline void
gb_key(struct gguf_bytes *b, const char *key, uint32_t type)
{
	gb_str(b, key, strlen(key));
	gb_u32(b, type);
	b->n_kv++;
}

static inline void
gb_kv_str(struct gguf_bytes *b, const char *key, const char *value)
{
	gb_key(b, key, GGUF_STRING);
	gb_str(b, value, strlen(value));
}

static inline void
gb_kv_u32(struct gguf_bytes *b, const char *key, uint32_t value)
{
	gb_key(b, key, GGUF_U32);
	gb_u32(b, value);
}

static inline void
gb_kv_bool(struct gguf_bytes *b, const char *key, bool value)
{
	gb_key(b, key, GGUF_BOOL);
	buf_add_char(&b->out, value);
}

/* The elements follow by gb_str, gb_u32 or buf_add. */
static inline void
gb_kv_array(struct gguf_bytes *b, const char *key, uint32_t type, uint64_t n)
{
	gb_key(b, key, GGUF_ARRAY);
	gb_u32(b, type);
	gb_u64(b, n);
}

static inline struct gguf *
gb_open(struct gguf_bytes *b, struct err *e)
{
	memcpy(b->out.data + 16, &b->n_kv, sizeof b->n_kv);
	return gguf_open_memory(b->out.data, b->out.len, e);
}

#endif
