/* What the template compiler and the renderer share: a way out, memory with a limit, a growing text.
 * Everything either of them allocates is in one arena, so an error may leave from any depth by longjmp: nothing
 * is left to release but the arena, and the two entry points in jinja.c do that.  No fault crosses jinja.h. */
#ifndef CORE_JINJA_ARENA_H
#define CORE_JINJA_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fault {
	jmp_buf jmp;
	struct err *e;
	uint32_t line;		/* of the template, where work is going on */
};
/* Fill *f->e with "template line N: …" and leave. */
void fault_raise(struct fault *f, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4)
    __attribute__((noreturn));

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
	char *at, *end;		/* free part of the newest chunk */
	size_t used, limit;
	struct fault *fault;	/* not owned; raised when the limit is met */
};
void arena_init(struct arena *a, size_t limit, struct fault *f);
void arena_done(struct arena *a);
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));	/* aligned to 8 */
void *arena_new0(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
/* In place when P is the newest block, else a copy; P may be NULL with OLD 0. */
void *arena_grow(struct arena *a, void *p, size_t old, size_t n) __attribute__((returns_nonnull));

/* A text being built.  Zero-initialised but for the arena. */
struct text {
	struct arena *arena;
	char *s;
	size_t n, cap;
};
void text_add(struct text *t, const char *s, size_t n);
void text_add_str(struct text *t, const char *s);
void text_add_char(struct text *t, char c);
void text_add_utf8(struct text *t, uint32_t codepoint);
void text_add_fill(struct text *t, const char *unit, size_t len, size_t times);
void text_printf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);	/* at most 400 bytes */

#endif
