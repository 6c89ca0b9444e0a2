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
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chunk_runs_once),
		cmocka_unit_test(callers_take_turns),
		cmocka_unit_test(an_idle_pool_uses_no_cpu),
		cmocka_unit_test(absurd_numbers_of_threads_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
