/* Weights on their way from memory while one token passes.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_AHEAD_H
#define KERNELS_X86_AHEAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kern.h"

enum { AHEAD_STREAMS = 4, AHEAD_UNIT = AHEAD_STREAMS * 64 };

/* Weights that are read next, of which as much is asked for as of others is read.  The lines come from AHEAD_STREAMS
 * places in turn: the hardware follows a stream only to the end of its page, so one stream alone leaves the memory idle
 * again and again. */
struct ahead {
	uintptr_t line, end;		/* of the first stream */
	size_t stream;			/* bytes from one to the next */
	size_t n_read;			/* not asked for yet */
};

ALWAYS_INLINE struct ahead
ahead_of(const struct kern_mul *m)
{
	const uintptr_t from = (uintptr_t)m->next / 64 * 64;
	const size_t stream = m->next_bytes / AHEAD_UNIT * 64;

	return (struct ahead){from, from + stream, stream, 0};
}

/* N_BYTES more were read.  One address serves a line of each stream: the arithmetic of lines one by one costs as much as
 * the products. */
ALWAYS_INLINE void
ahead_read(struct ahead *a, size_t n_bytes)
{
	for (a->n_read += n_bytes; a->n_read >= AHEAD_UNIT && a->line < a->end; a->n_read -= AHEAD_UNIT, a->line += 64) {
#pragma GCC unroll 4
		for (int i = 0; i < AHEAD_STREAMS; i++)
			_mm_prefetch((const char *)(a->line + i * a->stream), _MM_HINT_T0);
	}
}

#endif
