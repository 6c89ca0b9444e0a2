/* See arena.h. */
#include "core/jinja/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

#define CHUNK_FIRST ((size_t)16 << 10)
#define CHUNK_MOST ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
};

void
fault_raise(struct fault *f, enum err_kind kind, const char *fmt, ...)
{
	char text[sizeof f->e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(f->e, kind, "template line %u: %s", f->line, text);
	longjmp(f->jmp, 1);
}

void
arena_init(struct arena *a, size_t limit, struct fault *f)
{
	*a = (struct arena){.limit = limit, .fault = f};
}

void
arena_done(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){0};
}

static void
add_chunk(struct arena *a, size_t n)
{
	size_t size = a->chunks ? a->chunks->size * 2 : CHUNK_FIRST;
	struct arena_chunk *c = NULL;

	if (size > CHUNK_MOST)
		size = CHUNK_MOST;
	if (size < n)
		size = n;
	if (size <= a->limit - a->used)
		c = malloc(sizeof *c + size);
	if (!c)
		fault_raise(a->fault, ERR_FAILED, "it takes more than %zu MiB of memory", a->limit >> 20);
	a->used += size;
	c->next = a->chunks;
	c->size = size;
	a->chunks = c;
	a->at = (char *)(c + 1);
	a->end = a->at + size;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p;

	if (n > a->limit)
		n = a->limit + 8;		/* refused below, without overflow */
	n = (n + 7) & ~(size_t)7;
	if ((size_t)(a->end - a->at) < n || !a->at)
		add_chunk(a, n);
	p = a->at;
	a->at += n;
	return p;
}

void *
arena_new0(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (!size_mul(&bytes, n, size))
		bytes = SIZE_MAX;
	p = arena_alloc(a, bytes);
	return memset(p, 0, bytes);
}

void *
arena_grow(struct arena *a, void *p, size_t old, size_t n)
{
	size_t whole = (old + 7) & ~(size_t)7;
	void *q;

	if (p && (char *)p + whole == a->at && n <= (size_t)(a->end - (char *)p)) {
		a->at = (char *)p + ((n + 7) & ~(size_t)7);
		return p;
	}
	q = arena_alloc(a, n);
	if (old)
		memcpy(q, p, old);
	return q;
}

static void
reserve(struct text *t, size_t more)
{
	size_t cap;

	if (more <= t->cap - t->n)
		return;
	if (more > t->arena->limit)
		more = t->arena->limit + 1;	/* refused by the arena */
	cap = t->n + more + t->n / 2;
	cap = cap < 64 ? 64 : (cap + 7) & ~(size_t)7;
	t->s = arena_grow(t->arena, t->s, t->cap, cap);
	t->cap = cap;
}

void
text_add(struct text *t, const char *s, size_t n)
{
	if (n == 0)
		return;
	reserve(t, n);
	memcpy(t->s + t->n, s, n);
	t->n += n;
}

void
text_add_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_add_char(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void
text_add_utf8(struct text *t, uint32_t codepoint)
{
	char s[4];

	text_add(t, s, utf8_encode(s, codepoint));
}

void
text_add_fill(struct text *t, const char *unit, size_t len, size_t times)
{
	size_t bytes;

	if (!size_mul(&bytes, len, times))
		bytes = SIZE_MAX;
	if (bytes == 0)
		return;
	reserve(t, bytes);
	if (len == 1) {
		memset(t->s + t->n, *unit, times);
		t->n += times;
		return;
	}
	for (size_t i = 0; i < times; i++)
		text_add(t, unit, len);
}

void
text_printf(struct text *t, const char *fmt, ...)
{
	char s[401];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	if (n > 0)
		text_add(t, s, n < (int)sizeof s ? (size_t)n : sizeof s - 1);
}
