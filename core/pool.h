/* The compute pool: a fixed set of threads that run chunks of one job at a time.
 * A job is cut into chunks by the caller, and the cut must not depend on the number of threads: so results do not
 * either.  Threads spin briefly between jobs, then sleep: an idle program uses no CPU.  Of more threads than processors,
 * only as many are woken as can run. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct pool;

/* Runs chunk CHUNK of 0..n_chunks-1; WORKER is 0..n_threads-1, for scratch memory. */
typedef void pool_fn(void *ctx, size_t chunk, int worker);

struct pool *pool_new(int n_threads, struct err *e) MUST_CHECK;	/* 0: one per physical core allowed to us */
void pool_free(struct pool *p);
int pool_n_threads(const struct pool *p);
/* Runs every chunk once and returns when all are done.  Callers on several threads take turns. */
void pool_run(struct pool *p, size_t n_chunks, pool_fn *fn, void *ctx);
/* Where the share of WORKER begins, of N_CHUNKS chunks; and, for WORKER itself while it runs one of them, where it now
 * ends: what is left of it follows the chunk that runs. */
size_t pool_share_first(const struct pool *p, size_t n_chunks, int worker);
size_t pool_share_end(const struct pool *p, size_t n_chunks, int worker);
/* What WORKER, who runs a chunk, is to ask memory for should it wait before the next job.  Nothing is read, so the
 * addresses need not exist. */
void pool_ask(struct pool *p, int worker, const void *from, size_t n);
uint64_t pool_wait_ns(const struct pool *p);	/* how long callers waited for the other threads, since it was made */
int pool_physical_cores(void);		/* of those in this process's affinity mask and cgroup quota */
int pool_processors(void);		/* the same with every hardware thread of a core */

#endif
