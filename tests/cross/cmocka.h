/* As much of cmocka as the kernel tests use, for machines that the tests are cross-compiled for: results as TAP. */
#ifndef TESTS_CROSS_CMOCKA_H
#define TESTS_CROSS_CMOCKA_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
};

enum { CROSS_FAILED = 1, CROSS_SKIPPED = 2 };

static jmp_buf cross_end;

#define cmocka_unit_test(f) {#f, f}

#define fail_msg(...) \
	(fprintf(stderr, __VA_ARGS__), fprintf(stderr, "\n%s:%d: failed\n", __FILE__, __LINE__), longjmp(cross_end, CROSS_FAILED))
#define skip() longjmp(cross_end, CROSS_SKIPPED)
#define assert_true(c) ((c) ? (void)0 : fail_msg("%s is false", #c))
#define assert_false(c) ((c) ? fail_msg("%s is true", #c) : (void)0)
#define assert_int_equal(a, b) \
	((unsigned long long)(a) == (unsigned long long)(b) ? (void)0 : \
	fail_msg("%s is %lld, %s is %lld", #a, (long long)(a), #b, (long long)(b)))
#define assert_string_equal(a, b) (strcmp(a, b) == 0 ? (void)0 : fail_msg("\"%s\" is not \"%s\"", a, b))
#define assert_memory_equal(a, b, n) (memcmp(a, b, n) == 0 ? (void)0 : fail_msg("%s and %s differ", #a, #b))

static inline int
cross_run(const struct CMUnitTest *tests, int n)
{
	volatile int n_failed = 0;

	printf("1..%d\n", n);
	for (volatile int i = 0; i < n; i++) {
		void *state = NULL;
		int end = setjmp(cross_end);

		if (end == 0)
			tests[i].test(&state);
		n_failed = n_failed + (end == CROSS_FAILED);
		printf("%sok %d - %s%s\n", end == CROSS_FAILED ? "not " : "", i + 1, tests[i].name,
		    end == CROSS_SKIPPED ? " # SKIP" : "");
		fflush(stdout);
	}
	return n_failed;
}

#define cmocka_run_group_tests(tests, setup, teardown) cross_run(tests, (int)(sizeof(tests) / sizeof(tests)[0]))

#endif
