/* Buffers for kernel tests: memory that ends exactly at an unmapped page, or begins right behind one, so that a byte
 * too much faults.  And a small generator of numbers. */
#ifndef TESTS_KERNEL_GUARD_H
#define TESTS_KERNEL_GUARD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum guard_side { GUARD_AFTER, GUARD_BEFORE };

struct guard {
	char *map;
	size_t map_bytes;
	void *data;
};

static inline void *
guard_new(struct guard *g, size_t bytes, enum guard_side side)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), inside = (bytes + page - 1) / page * page;

	g->map_bytes = inside + 2 * page;
	g->map = mmap(NULL, g->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(g->map != MAP_FAILED);
	if (inside > 0)
		assert(mprotect(g->map + page, inside, PROT_READ | PROT_WRITE) == 0);
	g->data = g->map + page + (side == GUARD_AFTER ? inside - bytes : 0);
	return g->data;
}

static inline void
guard_free(struct guard *g)
{
	munmap(g->map, g->map_bytes);
}

/* xorshift64*: Vigna 2016. */
static inline uint32_t
random_u32(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)(*seed * 0x2545f4914f6cdd1dULL >> 32);
}

/* Uniform in -1..1. */
static inline float
random_float(uint64_t *seed)
{
	return (float)(int32_t)random_u32(seed) * 0x1p-31f;
}

#endif
