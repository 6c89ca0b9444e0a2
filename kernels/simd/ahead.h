/* Weights, keys and values on their way from memory while a few tokens pass. */
#ifndef KERNELS_SIMD_AHEAD_H
#define KERNELS_SIMD_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kern.h"

enum {
	AHEAD_STREAMS = 4,
	AHEAD_UNIT = AHEAD_STREAMS * 64,
	AHEAD_NEAR = 4096,		/* bytes between what is used and what comes from the second cache into the first */
};

/* What is read next, of which as much is asked for as of something else is read.  The lines come from AHEAD_STREAMS
 * places in turn: the hardware follows a stream only to the end of its page, so one stream alone leaves the memory idle
 * again and again.  They come to the second cache, as the first holds less than a call reads, and has too few places for
 * lines on their way. */
struct ahead {
	uintptr_t line, end;		/* of the first stream */
	size_t stream;			/* bytes from one to the next */
	size_t n_read;			/* not asked for yet */
	uintptr_t near;			/* what comes to the first cache now; 0: nothing is read in order */
};

/* N_BYTES at NEXT, which may be NULL. */
ALWAYS_INLINE struct ahead
ahead_of(const void *next, size_t n_bytes)
{
	const uintptr_t from = (uintptr_t)next / 64 * 64;
	const size_t stream = n_bytes / AHEAD_UNIT * 64;

	return (struct ahead){.line = from, .end = from + stream, .stream = stream};
}

/* The same, where what is read meanwhile is read in order from HERE on. */
ALWAYS_INLINE struct ahead
ahead_in_order(const void *next, size_t n_bytes, const void *here)
{
	struct ahead a = ahead_of(next, n_bytes);

	a.near = (uintptr_t)here + AHEAD_NEAR;
	return a;
}

/* N_BYTES more were read.  One address serves a line of each stream: the arithmetic of lines one by one costs as much as
 * the products. */
ALWAYS_INLINE void
ahead_read(struct ahead *a, size_t n_bytes)
{
	for (a->n_read += n_bytes; a->n_read >= AHEAD_UNIT && a->line < a->end; a->n_read -= AHEAD_UNIT, a->line += 64) {
#pragma GCC unroll 4
		for (int i = 0; i < AHEAD_STREAMS; i++)
			__builtin_prefetch((const char *)(a->line + i * a->stream), 0, 2);
		if (!a->near)
			continue;
#pragma GCC unroll 4
		for (int i = 0; i < AHEAD_STREAMS; i++)
			__builtin_prefetch((const char *)(a->near + i * 64));
		a->near += AHEAD_UNIT;
	}
}

#endif
