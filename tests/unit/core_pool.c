/* The compute pool: every chunk once, callers by turns, no CPU when idle. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/pool.h"

enum { N_CHUNKS = 37 };

struct job {
	unsigned char runs[N_CHUNKS];	/* not atomic: two threads on one chunk are a race that TSan sees */
	int n_threads;
	_Atomic int bad_worker;
};

static void
count_chunk(void *ctx, size_t chunk, int worker)
{
	struct job *j = ctx;

	j->runs[chunk]++;
	if (worker < 0 || worker >= j->n_threads)
		atomic_store(&j->bad_worker, 1);
}

static void
run_jobs(struct pool *p, int n)
{
	for (int i = 0; i < n; i++) {
		struct job j = {.n_threads = pool_n_threads(p)};
		size_t n_chunks = (size_t)i % (N_CHUNKS + 1);

		pool_run(p, n_chunks, count_chunk, &j);
		for (size_t c = 0; c < N_CHUNKS; c++)
			if (j.runs[c] != (c < n_chunks))
				fail_msg("job %d: chunk %zu ran %d times", i, c, j.runs[c]);
		assert_int_equal(atomic_load(&j.bad_worker), 0);
	}
}

static void
every_chunk_runs_once(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 9; threads += 2) {
		struct pool *p = pool_new(threads, NULL);

		assert_non_null(p);
		assert_int_equal(pool_n_threads(p), threads);
		run_jobs(p, 3000);
		pool_free(p);
	}
}

struct shares {
	struct pool *pool;
	size_t n_chunks;
	_Atomic int bad, n_led;		/* chunks before the end of a share, and those that another one of it follows */
};

static void
look_at_share(void *ctx, size_t chunk, int worker)
{
	struct shares *s = ctx;
	size_t end = pool_share_end(s->pool, s->n_chunks, worker);

	if (chunk >= end || end > s->n_chunks)
		atomic_store(&s->bad, 1);
	if (chunk + 1 < end)
		atomic_fetch_add(&s->n_led, 1);
}

/* All of them begin where the one before ends; a chunk that runs is before the end of its own. */
static void
shares_follow_each_other(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct pool *p = pool_new(threads, NULL);
		size_t n[] = {0, 1, 2, 5, 64, 200001};	/* more than a share has room for */

		assert_non_null(p);
		for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
			struct shares s = {.pool = p, .n_chunks = n[i]};

			assert_int_equal(pool_share_first(p, n[i], 0), 0);
			for (int w = 1; w < threads; w++)
				assert_true(pool_share_first(p, n[i], w) <= n[i]);
			pool_run(p, n[i], look_at_share, &s);
			assert_int_equal(atomic_load(&s.bad), 0);
			if (threads == 1 && n[i] > 0)
				assert_int_equal(atomic_load(&s.n_led), n[i] - 1);
		}
		pool_free(p);
	}
}

enum { MANY = 200001 };			/* more than a share has room for */

static void
mark_chunk(void *ctx, size_t chunk, int worker)
{
	unsigned char *runs = ctx;

	(void)worker;
	runs[chunk]++;
}

static void
any_number_of_chunks_is_run(void **state)
{
	static unsigned char runs[MANY];
	struct pool *p = pool_new(3, NULL);

	(void)state;
	assert_non_null(p);
	for (size_t n = 65534; n <= MANY; n += n < 65537 ? 1 : MANY - 65537) {
		memset(runs, 0, sizeof runs);
		pool_run(p, n, mark_chunk, runs);
		for (size_t c = 0; c < MANY; c++)
			if (runs[c] != (c < n))
				fail_msg("%zu chunks: %zu ran %d times", n, c, runs[c]);
	}
	pool_free(p);
}

struct asking {
	struct pool *pool;
	unsigned char runs[N_CHUNKS];
};

/* Of nothing, of more than there is, of what ends behind the last address. */
static void
ask_for_anything(void *ctx, size_t chunk, int worker)
{
	static const size_t n[] = {0, SIZE_MAX / 2, SIZE_MAX};
	struct asking *a = ctx;

	pool_ask(a->pool, worker, (const void *)(uintptr_t)(chunk * 8), n[chunk % 3]);
	a->runs[chunk]++;
}

static void
asking_for_memory_that_is_not_there_keeps_nobody(void **state)
{
	struct pool *p = pool_new(3, NULL);
	struct asking a = {.pool = p};
	double from = clock_s();

	(void)state;
	assert_non_null(p);
	for (int i = 1; i <= 200; i++) {
		pool_run(p, N_CHUNKS, ask_for_anything, &a);
		for (size_t c = 0; c < N_CHUNKS; c++)
			assert_int_equal(a.runs[c], i);
	}
	assert_true(clock_s() < from + 10);
	pool_free(p);
}

struct stuck {
	_Atomic size_t n_others;
	_Atomic int is_left_alone;
};

/* The first chunk ends after all others, or after ten seconds. */
static void
wait_for_others(void *ctx, size_t chunk, int worker)
{
	struct stuck *s = ctx;
	double until = clock_s() + 10;

	(void)worker;
	if (chunk > 0) {
		atomic_fetch_add(&s->n_others, 1);
		return;
	}
	while (atomic_load(&s->n_others) < N_CHUNKS - 1 && clock_s() < until)
		;
	if (atomic_load(&s->n_others) < N_CHUNKS - 1)
		atomic_store(&s->is_left_alone, 1);
}

static void
what_a_stuck_thread_would_do_others_take(void **state)
{
	struct pool *p = pool_new(2, NULL);

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 20 && pool_processors() > 1; i++) {
		struct stuck s = {0};

		pool_run(p, N_CHUNKS, wait_for_others, &s);
		assert_int_equal(atomic_load(&s.is_left_alone), 0);
	}
	pool_free(p);
}

static void *
caller(void *arg)
{
	run_jobs(arg, 2000);
	return NULL;
}

static void
callers_take_turns(void **state)
{
	struct pool *p = pool_new(3, NULL);
	pthread_t t[3];

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, caller, p), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	pool_free(p);
}

static double
cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

/* The threads have a fifth of a second in which a spinning one would burn it all. */
static void
an_idle_pool_uses_no_cpu(void **state)
{
	struct timespec rest = {.tv_nsec = 200 * 1000 * 1000};
	struct pool *p = pool_new(4, NULL);
	double before;

	(void)state;
	assert_non_null(p);
	run_jobs(p, 100);
	before = cpu_seconds();
	nanosleep(&rest, NULL);
	assert_true(cpu_seconds() - before < 0.05);
	pool_free(p);
}

static void
absurd_numbers_of_threads_are_refused(void **state)
{
	struct err e = {0};

	(void)state;
	assert_null(pool_new(-1, &e));
	assert_null(pool_new(100000, &e));
	assert_non_null(strstr(e.text, "100000 threads"));
	assert_true(pool_physical_cores() >= 1);
	assert_true(pool_processors() >= pool_physical_cores());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chunk_runs_once),
		cmocka_unit_test(shares_follow_each_other),
		cmocka_unit_test(any_number_of_chunks_is_run),
		cmocka_unit_test(asking_for_memory_that_is_not_there_keeps_nobody),
		cmocka_unit_test(what_a_stuck_thread_would_do_others_take),
		cmocka_unit_test(callers_take_turns),
		cmocka_unit_test(an_idle_pool_uses_no_cpu),
		cmocka_unit_test(absurd_numbers_of_threads_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
