/* Memory; see mem.h. */
#define _GNU_SOURCE
#include "core/base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static _Thread_local int guard_depth;

static void
out_of_memory(void)
{
	static const char text[] = "minnow: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(ERR_NO_SPACE);
	_exit(ERR_NO_SPACE);
}

void *
mem_new0(size_t n, size_t size)
{
	void *p;

	assert(guard_depth == 0);
	p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	size_t bytes;
	void *q;

	assert(guard_depth == 0);
	if (!size_mul(&bytes, n, size))
		out_of_memory();
	q = realloc(p, bytes ? bytes : 1);
	if (!q)
		out_of_memory();
	return q;
}

char *
mem_dup(const char *s)
{
	return mem_dup_bytes(s, strlen(s) + 1);
}

void *
mem_dup_bytes(const void *p, size_t n)
{
	void *q = mem_new0(1, n);

	if (n)
		memcpy(q, p, n);
	return q;
}

static bool
no_memory(struct err *e, size_t bytes, const char *what)
{
	return err_set(e, ERR_NO_SPACE, "not enough memory for %s: %.1f MB wanted", what,
	    (double)bytes / 1e6);
}

void *
mem_try(size_t n, size_t size, const char *what, struct err *e)
{
	size_t bytes;
	void *p = NULL;

	assert(guard_depth == 0);
	if (size_mul(&bytes, n, size))
		p = calloc(1, bytes ? bytes : 1);
	else
		bytes = SIZE_MAX;
	if (!p)
		no_memory(e, bytes, what);
	return p;
}

void *
mem_try_aligned(size_t bytes, const char *what, struct err *e)
{
	const size_t huge = (size_t)2 << 20;
	size_t align = bytes >= 4 * huge ? huge : 64;
	void *p = NULL;
	size_t rounded;

	assert(guard_depth == 0);
	if (!size_add(&rounded, bytes, align) ||
	    posix_memalign(&p, align, rounded) != 0) {
		no_memory(e, bytes, what);
		return NULL;
	}
	if (align == huge)
		madvise(p, rounded, MADV_HUGEPAGE);
	memset(p, 0, rounded);
	return p;
}

void
mem_free_aligned(void *p)
{
	free(p);
}

void *
mem_try_pages(size_t bytes, bool huge, const char *what, struct err *e)
{
	void *p;

	assert(guard_depth == 0);
	p = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		no_memory(e, bytes, what);
		return NULL;
	}
#ifdef MADV_HUGEPAGE
	madvise(p, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
	(void)huge;
#endif
	return p;
}

void
mem_free_pages(void *p, size_t bytes)
{
	if (p)
		munmap(p, bytes ? bytes : 1);
}

void
mem_guard_begin(void)
{
	guard_depth++;
}

void
mem_guard_end(void)
{
	assert(guard_depth > 0);
	guard_depth--;
}
