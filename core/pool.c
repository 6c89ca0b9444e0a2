/* The compute pool; see pool.h.
 *
 * A job is published by one store to `ticket`: its upper half is the number of the job, its lower half how many
 * chunks nobody has taken yet.  A chunk is taken by lowering that count with compare-and-swap, which fails once the
 * job is over: so a thread that comes late, even jobs later, can never run a chunk of the wrong job, and nobody has
 * to wait for threads that got nothing.  The fields of a job change only while no chunk is left to take. */
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
#define SPIN_NS 40000		/* the gap between two jobs of a token is a tenth of this */
#define SPIN_CROWDED_NS 2000	/* more threads than cores: somebody waits for the one we spin on */

struct worker {
	struct pool *pool;
	pthread_t thread;
	int index;
};

struct pool {
	struct worker *workers;		/* [n_threads]; 0 is whoever calls pool_run */
	int n_threads;
	uint64_t spin_ns;
	pthread_mutex_t turn;		/* held by the caller whose job runs */
	_Atomic uint64_t wait_ns;	/* written by that caller alone */

	_Alignas(64) _Atomic uint64_t ticket;
	_Atomic(pool_fn *) fn;
	_Atomic(void *) ctx;
	_Atomic uint32_t n_chunks;
	_Alignas(64) _Atomic uint32_t n_done;

	_Alignas(64) pthread_mutex_t lock;	/* of the two conditions; the atomics are also written without it */
	pthread_cond_t work, finished;
	_Atomic int n_asleep;
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

static uint32_t
chunks_left(uint64_t ticket)
{
	return (uint32_t)ticket;
}

/* Run chunks of the current job until none is left to take. */
static void
run_chunks(struct pool *p, int worker)
{
	uint64_t t = atomic_load(&p->ticket);

	while (chunks_left(t) > 0) {
		pool_fn *fn = atomic_load_explicit(&p->fn, memory_order_relaxed);
		void *ctx = atomic_load_explicit(&p->ctx, memory_order_relaxed);
		uint32_t n = atomic_load_explicit(&p->n_chunks, memory_order_relaxed);

		if (!atomic_compare_exchange_weak(&p->ticket, &t, t - 1))
			continue;
		fn(ctx, n - chunks_left(t), worker);
		if (atomic_fetch_add(&p->n_done, 1) + 1 == n && atomic_load(&p->caller_asleep)) {
			pthread_mutex_lock(&p->lock);
			pthread_cond_signal(&p->finished);
			pthread_mutex_unlock(&p->lock);
		}
		t = atomic_load(&p->ticket);
	}
}

static bool
has_work(struct pool *p)
{
	return chunks_left(atomic_load(&p->ticket)) > 0 || atomic_load(&p->quit);
}

static bool
is_finished(struct pool *p)
{
	return atomic_load(&p->n_done) == atomic_load_explicit(&p->n_chunks, memory_order_relaxed);
}

/* Spin until READY, but not for long. */
static bool
spin(struct pool *p, bool (*ready)(struct pool *))
{
	uint64_t until = clock_ns() + p->spin_ns;

	do {
		for (int i = 0; i < 32; i++) {
			if (ready(p))
				return true;
			cpu_relax();
		}
	} while (clock_ns() < until);
	return ready(p);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	while (!atomic_load(&p->quit)) {
		if (!spin(p, has_work)) {
			pthread_mutex_lock(&p->lock);
			atomic_fetch_add(&p->n_asleep, 1);
			while (!has_work(p))
				pthread_cond_wait(&p->work, &p->lock);
			atomic_fetch_sub(&p->n_asleep, 1);
			pthread_mutex_unlock(&p->lock);
		}
		run_chunks(p, w->index);
	}
	return NULL;
}

static void
wake_all(struct pool *p)
{
	if (atomic_load(&p->n_asleep) == 0)
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

static void
wait_finished(struct pool *p)
{
	uint64_t from;

	if (is_finished(p))
		return;
	from = clock_ns();
	if (!spin(p, is_finished)) {
		pthread_mutex_lock(&p->lock);
		atomic_store(&p->caller_asleep, true);
		while (!is_finished(p))
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

void
pool_run(struct pool *p, size_t n_chunks, pool_fn *fn, void *ctx)
{
	uint64_t job;

	assert(n_chunks < UINT32_MAX);
	if (n_chunks <= 1 || p->n_threads == 1) {
		for (size_t i = 0; i < n_chunks; i++)
			fn(ctx, i, 0);
		return;
	}
	pthread_mutex_lock(&p->turn);
	job = (atomic_load(&p->ticket) >> 32) + 1;
	atomic_store_explicit(&p->fn, fn, memory_order_relaxed);
	atomic_store_explicit(&p->ctx, ctx, memory_order_relaxed);
	atomic_store_explicit(&p->n_chunks, (uint32_t)n_chunks, memory_order_relaxed);
	atomic_store(&p->n_done, 0);
	atomic_store(&p->ticket, job << 32 | (uint32_t)n_chunks);
	wake_all(p);
	run_chunks(p, 0);
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
	int cores = pool_physical_cores();
	struct pool *p;

	if (n_threads < 0 || n_threads > MAX_THREADS) {
		err_set(e, ERR_USAGE, "%d threads asked for; 1 to %d are possible", n_threads, MAX_THREADS);
		return NULL;
	}
	p = mem_try_aligned(sizeof *p, "the compute pool", e);
	if (!p)
		return NULL;
	p->n_threads = n_threads ? n_threads : cores;
	p->spin_ns = p->n_threads > cores ? SPIN_CROWDED_NS : SPIN_NS;
	p->workers = mem_new0((size_t)p->n_threads, sizeof *p->workers);
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
	mem_free_aligned(p);
}

int
pool_n_threads(const struct pool *p)
{
	return p->n_threads;
}
