/* Weights on their way from memory while one token passes.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_AHEAD_H
#define KERNELS_X86_AHEAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* A power of 2 each; a window of all streams fits the second cache several times. */
enum { AHEAD_STREAMS = 4, AHEAD_STREAM_BYTES = 8 << 10, AHEAD_WINDOW = AHEAD_STREAMS * AHEAD_STREAM_BYTES };

/* P is read in order of address, line by line: ask for a line of the window behind P's.  There the lines come from
 * AHEAD_STREAMS places in turn, each of which is read on: the hardware follows a stream only to the end of its page,
 * so one stream alone leaves the memory idle again and again. */
ALWAYS_INLINE void
fetch_ahead(const void *p)
{
	const uintptr_t at = (uintptr_t)p, line = at / 64;
	const uintptr_t stream = line % AHEAD_STREAMS, in_stream = line / AHEAD_STREAMS * 64 % AHEAD_STREAM_BYTES;

	_mm_prefetch((const char *)((at / AHEAD_WINDOW + 1) * AHEAD_WINDOW + stream * AHEAD_STREAM_BYTES + in_stream),
	    _MM_HINT_T0);
}

/* The same for every line that begins in the N_BYTES from P on.  Who does not read in order of address goes through the
 * addresses in order all the same. */
ALWAYS_INLINE void
fetch_span_ahead(const void *p, size_t n_bytes)
{
	for (size_t i = -(uintptr_t)p % 64; i < n_bytes; i += 64)
		fetch_ahead((const char *)p + i);
}

#endif
