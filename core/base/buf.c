/* A growing byte string; see buf.h. */
#include "core/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

void
buf_init(struct buf *b)
{
	*b = (struct buf){0};
}

void
buf_done(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void
buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;
	size_t cap = b->cap ? b->cap : 32;

	if (need <= b->cap)
		return;
	while (cap < need)
		cap += cap / 2 + 16;
	b->data = mem_grow(b->data, cap, 1);
	b->cap = cap;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_add_utf8(struct buf *b, uint32_t codepoint)
{
	char bytes[4];

	buf_add(b, bytes, utf8_encode(bytes, codepoint));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void
buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
}

void
buf_insert(struct buf *b, size_t at, const void *p, size_t n)
{
	assert(at <= b->len);
	buf_reserve(b, n);
	memmove(b->data + at + n, b->data + at, b->len - at);
	if (n)
		memcpy(b->data + at, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_erase(struct buf *b, size_t at, size_t n)
{
	assert(at <= b->len && n <= b->len - at);
	if (!n)
		return;
	memmove(b->data + at, b->data + at + n, b->len - at - n);
	buf_truncate(b, b->len - n);
}

const char *
buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *
buf_take(struct buf *b)
{
	char *s = b->data ? b->data : mem_dup("");

	buf_init(b);
	return s;
}
