/* Memory: small objects that must succeed, and sized requests that may fail. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* End the program with a message when the system has nothing left: for small objects only. */
void *mem_new0(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *mem_grow(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *mem_dup(const char *s) __attribute__((malloc, returns_nonnull));
void *mem_dup_bytes(const void *p, size_t n) __attribute__((malloc, returns_nonnull));

/* For anything sized by a file or a request.  NULL with *e naming WHAT and the size.  Zeroed. */
void *mem_try(size_t n, size_t size, const char *what, struct err *e) MUST_CHECK;
/* Aligned to 64 bytes, zeroed; big ones ask for huge pages.  Free with mem_free_aligned(). */
void *mem_try_aligned(size_t bytes, const char *what, struct err *e) MUST_CHECK;
void mem_free_aligned(void *p);
/* Zeroed pages that take memory only once touched: packed weights (HUGE: written whole, by many threads) and caches
 * (grow as they fill).  Free with mem_free_pages(p, bytes), which accepts NULL. */
void *mem_try_pages(size_t bytes, bool huge, const char *what, struct err *e) MUST_CHECK;
void mem_free_pages(void *p, size_t bytes);

/* Overflow-safe arithmetic for sizes from outside: false when the result does not fit. */
static inline bool
size_mul(size_t *out, size_t a, size_t b)
{
	return !__builtin_mul_overflow(a, b, out);
}

static inline bool
size_add(size_t *out, size_t a, size_t b)
{
	return !__builtin_add_overflow(a, b, out);
}

/* Between the two, mem_* of this thread must not be called: asserted.  They nest. */
void mem_guard_begin(void);
void mem_guard_end(void);

#define ARRAY_LEN(a) (sizeof(a) / sizeof(a)[0])

#endif
