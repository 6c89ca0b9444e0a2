/* The queue between two threads: order, waiting, waking, closing. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/queue.h"

static bool
is_readable(const struct queue *q)
{
	struct pollfd p = {.fd = queue_wake_fd(q), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void
items_come_out_in_order(void **state)
{
	struct err e = {0};
	struct queue *q = queue_new(4, sizeof(int), &e);
	int v;

	(void)state;
	assert_non_null(q);
	assert_false(is_readable(q));
	assert_false(queue_pop(q, &v));
	for (int round = 0; round < 5; round++) {		/* past the end of the ring */
		for (int i = 0; i < 3; i++)
			assert_true(queue_push(q, &(int){round * 10 + i}));
		for (int i = 0; i < 3; i++) {
			assert_true(is_readable(q));
			assert_true(queue_pop(q, &v));
			assert_int_equal(v, round * 10 + i);
		}
		assert_false(is_readable(q));
	}
	queue_free(q);
}

static void
closing_keeps_what_is_inside(void **state)
{
	struct err e = {0};
	struct queue *q = queue_new(4, sizeof(int), &e);
	int v = 0;

	(void)state;
	assert_true(queue_push(q, &(int){7}));
	queue_close(q);
	assert_false(queue_push(q, &(int){8}));
	assert_true(queue_pop_wait(q, &v));
	assert_int_equal(v, 7);
	assert_false(queue_pop_wait(q, &v));
	queue_free(q);
	queue_free(NULL);
}

enum { N_ITEMS = 20000 };

static void *
push_all(void *arg)
{
	struct queue *q = arg;

	for (int i = 0; i < N_ITEMS && queue_push(q, &i); i++)
		;
	queue_close(q);
	return NULL;
}

static void
a_full_queue_makes_the_writer_wait(void **state)
{
	struct err e = {0};
	struct queue *q = queue_new(3, sizeof(int), &e);
	pthread_t writer;
	int v, n = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, push_all, q), 0);
	while (queue_pop_wait(q, &v))
		assert_int_equal(v, n++);
	assert_int_equal(n, N_ITEMS);
	pthread_join(writer, NULL);
	queue_free(q);
}

static void
closing_frees_a_waiting_writer(void **state)
{
	struct err e = {0};
	struct queue *q = queue_new(1, sizeof(int), &e);
	pthread_t writer;
	int v;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, push_all, q), 0);
	assert_true(queue_pop_wait(q, &v));
	queue_close(q);
	pthread_join(writer, NULL);
	while (queue_pop(q, &v))
		;
	queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_order),
		cmocka_unit_test(closing_keeps_what_is_inside),
		cmocka_unit_test(a_full_queue_makes_the_writer_wait),
		cmocka_unit_test(closing_frees_a_waiting_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
