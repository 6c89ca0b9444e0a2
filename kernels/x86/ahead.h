/* Weights on their way from memory while one token passes.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_AHEAD_H
#define KERNELS_X86_AHEAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* A power of 2 each; a window of all streams fits the second cache several times. */
enum {
	AHEAD_STREAMS = 4,
	AHEAD_STREAM_BYTES = 16 << 10,
	AHEAD_UNIT = AHEAD_STREAMS * 64,	/* a line of each stream */
	AHEAD_UNITS = AHEAD_STREAM_BYTES / 64,	/* in a window */
};

/* Weights are read in order of address, and in steps as large as suits a format: the unit of AHEAD_UNIT bytes that none
 * of them has reached. */
struct ahead {
	uintptr_t unit;
};

ALWAYS_INLINE struct ahead
ahead_from(const void *p)
{
	return (struct ahead){(uintptr_t)p / AHEAD_UNIT};
}

/* All before END was read: ask for as much of the next window.  There the lines come from AHEAD_STREAMS places in turn,
 * each of which is read on: the hardware follows a stream only to the end of its page, so one stream alone leaves the
 * memory idle again and again.  One address serves a line of each: the arithmetic of lines one by one costs as much as
 * the products. */
ALWAYS_INLINE void
ahead_to(struct ahead *a, const void *end)
{
	for (; a->unit < (uintptr_t)end / AHEAD_UNIT; a->unit++) {
		uintptr_t window = a->unit / AHEAD_UNITS + 1;
		const char *line = (const char *)(window * AHEAD_UNITS * AHEAD_UNIT + a->unit % AHEAD_UNITS * 64);

#pragma GCC unroll 4
		for (int i = 0; i < AHEAD_STREAMS; i++)
			_mm_prefetch(line + i * AHEAD_STREAM_BYTES, _MM_HINT_T0);
	}
}

/* The same for N_BYTES from P on: spans that follow each other leave nothing out.  Who does not read in order of address
 * goes through the addresses in order all the same. */
ALWAYS_INLINE void
ahead_span(const void *p, size_t n_bytes)
{
	struct ahead a = ahead_from(p);

	ahead_to(&a, (const char *)p + n_bytes);
}

#endif
