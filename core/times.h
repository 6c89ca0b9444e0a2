/* Where the time of passes of one token goes, by layer and operation.  Always on: a lap is one reading of the clock by
 * the thread that leads the pass.  The worker alone writes; anybody may read (session_times()). */
#ifndef CORE_TIMES_H
#define CORE_TIMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/minnow.h"

struct times {
	_Atomic uint64_t *ns;		/* [n_rows][TIME_COUNT]; the last row: what belongs to no layer */
	_Atomic uint64_t n;		/* passes */
	_Atomic uint64_t wait_ns;	/* of it all, the leading thread waited for others */
	uint32_t n_rows, row;		/* where the pass is */
	uint64_t last;			/* clock_ns() of the last lap */
	bool on;			/* this is a pass of one token */
};

bool times_init(struct times *t, uint32_t n_layers, struct err *e) MUST_CHECK;
void times_done(struct times *t);

/* There is one writer, so no addition needs to be one step. */
static inline void
times_add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

/* What passes from here to the next lap is that lap's. */
static inline void
times_begin(struct times *t)
{
	if (t->on)
		t->last = clock_ns();
}

/* The time since the lap before went to K. */
static inline void
times_lap(struct times *t, enum time_kind k)
{
	uint64_t now;

	if (!t->on)
		return;
	now = clock_ns();
	times_add(&t->ns[(size_t)t->row * TIME_COUNT + k], now - t->last);
	t->last = now;
}

#endif
