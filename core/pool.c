/* The compute pool; see pool.h.
 *
 * Every thread that takes part begins with a share of its own, chunks that follow each other: so what it reads follows
 * what it read before, which is what the hardware fetches ahead, and taking a chunk is a compare-and-swap on a line
 * that nobody else wants.  Whoever is through takes half of what another one has left.
 *
 * A share is one word: the number of its job, then the first and the end of what is left.  The swap fails once the job
 * is over, so a thread that comes late, even jobs later, can never run a chunk of the wrong job, and nobody waits for
 * threads that got nothing.  A job's fields change only while no share has anything left; its number is told last. */
#define _GNU_SOURCE
#include "core/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define MAX_THREADS 512
#define MAX_UNITS UINT16_MAX		/* of a job: what fits in a share */
#define SPIN_NS 40000			/* the gap between two jobs of a token is a tenth of this */
#define ASK_LINES 4

struct worker {
	struct pool *pool;
	pthread_t thread;
	int index;
};

struct share {
	_Alignas(64) _Atomic uint64_t left;
	_Atomic uintptr_t ask, ask_end;	/* what its thread asks for while it waits */
};

struct pool {
	struct worker *workers;		/* [n_threads]; 0 is whoever calls pool_run */
	struct share *shares;		/* [n_threads] */
	int n_threads;
	int n_active;			/* how many have work to begin with: no more than processors */
	pthread_mutex_t turn;		/* held by the caller whose job runs */
	_Atomic uint64_t wait_ns;	/* written by that caller alone */

	_Alignas(64) _Atomic uint32_t job;	/* its number */
	_Atomic(pool_fn *) fn;
	_Atomic(void *) ctx;
	_Atomic size_t n_chunks, unit;	/* unit: chunks that are taken together */
	_Alignas(64) _Atomic size_t n_done;

	_Alignas(64) pthread_mutex_t lock;	/* of the two conditions; the atomics are also written without it */
	pthread_cond_t work, finished;
	_Atomic int n_asleep;		/* those that were woken do not count */
	int n_woken;			/* and have not noticed yet */
	_Atomic bool caller_asleep, quit;
};

static void
cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* ---- shares ---- */

static uint64_t
share_of(uint32_t job, size_t first, size_t end)
{
	return (uint64_t)job << 32 | (uint64_t)first << 16 | (uint64_t)end;
}

static size_t
share_first(uint64_t share)
{
	return (uint16_t)(share >> 16);
}

static size_t
share_end(uint64_t share)
{
	return (uint16_t)share;
}

/* Units of JOB that are left in SHARE. */
static size_t
share_left(uint64_t share, uint32_t job)
{
	return share >> 32 == job ? share_end(share) - share_first(share) : 0;
}

/* Run the next unit of one's own share: how many chunks that were, 0 when none was left. */
static size_t
run_next(struct pool *p, int worker, uint32_t job)
{
	struct share *own = &p->shares[worker];
	uint64_t t = atomic_load(&own->left);

	while (share_left(t, job) > 0) {
		pool_fn *fn = atomic_load_explicit(&p->fn, memory_order_relaxed);
		void *ctx = atomic_load_explicit(&p->ctx, memory_order_relaxed);
		size_t n = atomic_load_explicit(&p->n_chunks, memory_order_relaxed);
		size_t unit = atomic_load_explicit(&p->unit, memory_order_relaxed);
		size_t first = share_first(t) * unit, end = first + unit < n ? first + unit : n;

		if (!atomic_compare_exchange_weak(&own->left, &t, share_of(job, share_first(t) + 1, share_end(t))))
			continue;
		for (size_t i = first; i < end; i++)
			fn(ctx, i, worker);
		return end - first;
	}
	return 0;
}

/* Make the second half of what another one has left one's own share. */
static bool
take_half(struct pool *p, int worker, uint32_t job)
{
	for (int i = 1; i < p->n_threads; i++) {
		struct share *other = &p->shares[(worker + i) % p->n_threads];
		uint64_t t = atomic_load(&other->left);

		while (share_left(t, job) > 0) {
			size_t end = share_end(t), middle = end - (share_left(t, job) + 1) / 2;

			if (atomic_compare_exchange_weak(&other->left, &t, share_of(job, share_first(t), middle))) {
				atomic_store(&p->shares[worker].left, share_of(job, middle, end));
				return true;
			}
		}
	}
	return false;
}

/* Run chunks of JOB until none is left to take. */
static void
run_chunks(struct pool *p, int worker, uint32_t job)
{
	size_t all = atomic_load_explicit(&p->n_chunks, memory_order_relaxed), done = 0;

	do {
		for (size_t n; (n = run_next(p, worker, job)) > 0; )
			done += n;
	} while (take_half(p, worker, job));
	if (done > 0 && atomic_fetch_add(&p->n_done, done) + done == all && atomic_load(&p->caller_asleep)) {
		pthread_mutex_lock(&p->lock);
		pthread_cond_signal(&p->finished);
		pthread_mutex_unlock(&p->lock);
	}
}

/* ---- waiting ---- */

/* There is a job after SEEN, or none will ever be. */
static bool
has_work(struct pool *p, uint32_t seen)
{
	return atomic_load(&p->job) != seen || atomic_load(&p->quit);
}

static bool
is_finished(struct pool *p, uint32_t job)
{
	(void)job;
	return atomic_load(&p->n_done) == atomic_load_explicit(&p->n_chunks, memory_order_relaxed);
}

void
pool_ask(struct pool *p, int worker, const void *from, size_t n)
{
	struct share *own = &p->shares[worker];

	atomic_store_explicit(&own->ask, (uintptr_t)from, memory_order_relaxed);
	atomic_store_explicit(&own->ask_end, (uintptr_t)from + n, memory_order_relaxed);
}

/* Ask for a little of it: as much as memory gives between two looks at what is waited for.  False: nothing is left. */
static bool
ask(struct share *own)
{
	uintptr_t at = atomic_load_explicit(&own->ask, memory_order_relaxed);

	if (at >= atomic_load_explicit(&own->ask_end, memory_order_relaxed))
		return false;
	for (uintptr_t i = 0; i < ASK_LINES; i++)
		__builtin_prefetch((const void *)(at + 64 * i));
	atomic_store_explicit(&own->ask, at + 64 * ASK_LINES, memory_order_relaxed);
	return true;
}

/* Spin until READY, but not for long. */
static bool
spin(struct pool *p, int worker, bool (*ready)(struct pool *, uint32_t), uint32_t job)
{
	uint64_t until = clock_ns() + SPIN_NS;

	do {
		for (int i = 0; i < 32; i++) {
			if (ready(p, job))
				return true;
			if (!ask(&p->shares[worker]))
				cpu_relax();
		}
	} while (clock_ns() < until);
	return ready(p, job);
}

static void
sleep_until_woken(struct pool *p, uint32_t seen)
{
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add(&p->n_asleep, 1);
	if (has_work(p, seen)) {
		atomic_fetch_sub(&p->n_asleep, 1);
	} else {
		while (p->n_woken == 0 && !atomic_load(&p->quit))
			pthread_cond_wait(&p->work, &p->lock);
		if (p->n_woken > 0)
			p->n_woken--;
	}
	pthread_mutex_unlock(&p->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	uint32_t seen = 0;

	while (!atomic_load(&p->quit)) {
		if (!spin(p, w->index, has_work, seen))
			sleep_until_woken(p, seen);
		seen = atomic_load(&p->job);
		run_chunks(p, w->index, seen);
	}
	return NULL;
}

/* As many as there are processors for; more would only be in each other's way. */
static void
wake(struct pool *p, size_t n_units)
{
	size_t most = n_units - 1 < (size_t)p->n_active - 1 ? n_units - 1 : (size_t)p->n_active - 1;
	int n, asleep;

	if (atomic_load(&p->n_asleep) == 0)
		return;
	pthread_mutex_lock(&p->lock);
	asleep = atomic_load(&p->n_asleep);
	n = (int)most - (p->n_threads - 1 - asleep);
	n = n < asleep ? n : asleep;
	for (int i = 0; i < n; i++) {
		atomic_fetch_sub(&p->n_asleep, 1);
		p->n_woken++;
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
}

static void
wait_finished(struct pool *p)
{
	uint64_t from;

	if (is_finished(p, 0))
		return;
	from = clock_ns();
	if (!spin(p, 0, is_finished, 0)) {
		pthread_mutex_lock(&p->lock);
		atomic_store(&p->caller_asleep, true);
		while (!is_finished(p, 0))
			pthread_cond_wait(&p->finished, &p->lock);
		atomic_store(&p->caller_asleep, false);
		pthread_mutex_unlock(&p->lock);
	}
	atomic_store_explicit(&p->wait_ns, pool_wait_ns(p) + clock_ns() - from, memory_order_relaxed);
}

uint64_t
pool_wait_ns(const struct pool *p)
{
	return atomic_load_explicit(&p->wait_ns, memory_order_relaxed);
}

/* Equal shares for those that take part, nothing for the others; then the job's number, which lets them begin. */
static uint32_t
publish(struct pool *p, size_t n_units)
{
	uint32_t job = atomic_load(&p->job) + 1;
	size_t n = (size_t)p->n_active;

	atomic_store_explicit(&p->n_done, 0, memory_order_relaxed);
	for (size_t i = 0; i < (size_t)p->n_threads; i++)
		atomic_store_explicit(&p->shares[i].left,
		    i < n ? share_of(job, n_units * i / n, n_units * (i + 1) / n) : 0, memory_order_relaxed);
	atomic_store(&p->job, job);
	return job;
}

/* The caller runs the chunks, one after another. */
static bool
runs_alone(const struct pool *p, size_t n_chunks)
{
	return n_chunks <= 1 || p->n_threads == 1;
}

/* Chunks that are taken together: so many units fit in a share. */
static size_t
unit_of(size_t n_chunks)
{
	return n_chunks / MAX_UNITS + 1;
}

size_t
pool_share_first(const struct pool *p, size_t n_chunks, int worker)
{
	size_t unit = unit_of(n_chunks), n_units = (n_chunks + unit - 1) / unit;

	return n_units * (size_t)worker / (size_t)p->n_active * unit;
}

size_t
pool_share_end(const struct pool *p, size_t n_chunks, int worker)
{
	size_t end = share_end(atomic_load_explicit(&p->shares[worker].left, memory_order_relaxed)) *
	    atomic_load_explicit(&p->unit, memory_order_relaxed);

	return runs_alone(p, n_chunks) || end > n_chunks ? n_chunks : end;	/* the last unit may be smaller */
}

void
pool_run(struct pool *p, size_t n_chunks, pool_fn *fn, void *ctx)
{
	size_t unit = unit_of(n_chunks), n_units = (n_chunks + unit - 1) / unit;
	uint32_t job;

	if (runs_alone(p, n_chunks)) {
		for (size_t i = 0; i < n_chunks; i++)
			fn(ctx, i, 0);
		return;
	}
	pthread_mutex_lock(&p->turn);
	atomic_store_explicit(&p->fn, fn, memory_order_relaxed);
	atomic_store_explicit(&p->ctx, ctx, memory_order_relaxed);
	atomic_store_explicit(&p->n_chunks, n_chunks, memory_order_relaxed);
	atomic_store_explicit(&p->unit, unit, memory_order_relaxed);
	job = publish(p, n_units);
	wake(p, n_units);
	run_chunks(p, 0, job);
	wait_finished(p);
	pthread_mutex_unlock(&p->turn);
}

static bool
start_threads(struct pool *p, struct err *e)
{
	for (int i = 1; i < p->n_threads; i++) {
		struct worker *w = &p->workers[i];
		int error;

		*w = (struct worker){.pool = p, .index = i};
		error = pthread_create(&w->thread, NULL, work, w);
		if (error) {
			p->n_threads = i;
			return err_set(e, ERR_FAILED, "cannot start thread %d of the compute pool: %s", i + 1,
			    strerror(error));
		}
	}
	return true;
}

struct pool *
pool_new(int n_threads, struct err *e)
{
	struct pool *p;
	int processors;

	if (n_threads < 0 || n_threads > MAX_THREADS) {
		err_set(e, ERR_USAGE, "%d threads asked for; 1 to %d are possible", n_threads, MAX_THREADS);
		return NULL;
	}
	p = mem_try_aligned(sizeof *p, "the compute pool", e);
	if (!p)
		return NULL;
	p->n_threads = n_threads ? n_threads : pool_physical_cores();
	processors = pool_processors();
	p->n_active = p->n_threads < processors ? p->n_threads : processors;
	p->workers = mem_new0((size_t)p->n_threads, sizeof *p->workers);
	p->shares = mem_try_aligned((size_t)p->n_threads * sizeof *p->shares, "the compute pool", e);
	if (!p->shares) {
		free(p->workers);
		mem_free_aligned(p);
		return NULL;
	}
	pthread_mutex_init(&p->turn, NULL);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->finished, NULL);
	if (!start_threads(p, e)) {
		pool_free(p);
		return NULL;
	}
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->quit, true);
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i < p->n_threads; i++)
		pthread_join(p->workers[i].thread, NULL);
	pthread_mutex_destroy(&p->turn);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->finished);
	free(p->workers);
	mem_free_aligned(p->shares);
	mem_free_aligned(p);
}

int
pool_n_threads(const struct pool *p)
{
	return p->n_threads;
}
