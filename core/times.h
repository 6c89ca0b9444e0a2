/* Where the time of passes goes, by layer and operation.  Always on: a lap is one reading of the clock by the thread that
 * leads the pass.  The worker alone writes; anybody may read (session_times()). */
#ifndef CORE_TIMES_H
#define CORE_TIMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"
#include "core/minnow.h"
#include "core/pool.h"

/* Those of passes of one kind. */
struct times_sum {
	_Atomic uint64_t *ns;		/* [n_rows][TIME_COUNT]; the last row: what belongs to no layer */
	_Atomic uint64_t n, n_tokens;	/* passes, and their tokens */
	_Atomic uint64_t wait_ns[TIME_COUNT];	/* of it all, the leading thread waited for others */
};

struct times {
	struct times_sum sum[PASS_COUNT];
	const struct pool *pool;	/* whose waits count */
	struct times_sum *at;		/* of the pass at work; NULL: it does not count */
	uint32_t n_rows, row;		/* where the pass is */
	uint64_t last, waited;		/* clock_ns() and pool_wait_ns() at the last lap */
};

bool times_init(struct times *t, const struct pool *p, uint32_t n_layers, struct err *e) MUST_CHECK;
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
	if (!t->at)
		return;
	t->last = clock_ns();
	t->waited = pool_wait_ns(t->pool);
}

/* A pass of N tokens begins. */
static inline void
times_begin_pass(struct times *t, size_t n)
{
	t->at = &t->sum[n == 1 ? PASS_ONE : PASS_MANY];
	times_begin(t);
}

/* The time since the lap before went to K. */
static inline void
times_lap(struct times *t, enum time_kind k)
{
	uint64_t now, waited;

	if (!t->at)
		return;
	now = clock_ns();
	waited = pool_wait_ns(t->pool);
	times_add(&t->at->ns[(size_t)t->row * TIME_COUNT + k], now - t->last);
	times_add(&t->at->wait_ns[k], waited - t->waited);
	t->last = now;
	t->waited = waited;
}

static inline void
times_end_pass(struct times *t, size_t n)
{
	times_add(&t->at->n, 1);
	times_add(&t->at->n_tokens, n);
}

#endif
