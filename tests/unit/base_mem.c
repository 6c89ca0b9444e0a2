/* Memory: zeroed, aligned, refused with a sentence instead of a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"

static void
sizes_do_not_wrap_round(void **state)
{
	size_t r;

	(void)state;
	assert_true(size_mul(&r, 1000, 1000));
	assert_int_equal(r, 1000000);
	assert_false(size_mul(&r, SIZE_MAX / 2 + 1, 2));
	assert_true(size_add(&r, SIZE_MAX - 1, 1));
	assert_false(size_add(&r, SIZE_MAX, 1));
}

static void
an_absurd_request_is_refused(void **state)
{
	struct err e = {0};

	(void)state;
	assert_null(mem_try(SIZE_MAX / 2, 4, "a test", &e));
	assert_int_equal(e.kind, ERR_NO_SPACE);
	assert_non_null(strstr(e.text, "a test"));
	e = (struct err){0};
	assert_null(mem_try_aligned(SIZE_MAX - 16, "a test", &e));
	assert_int_equal(e.kind, ERR_NO_SPACE);
}

static void
small_and_big_blocks_are_zeroed_and_aligned(void **state)
{
	static const size_t sizes[] = {0, 1, 63, 4096, (size_t)9 << 20};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct err e = {0};
		unsigned char *p = mem_try_aligned(sizes[i], "a test", &e);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			if (p[k])
				fail_msg("byte %zu of %zu is not zero", k, sizes[i]);
		memset(p, 1, sizes[i]);
		mem_free_aligned(p);
	}
}

static void
copies_are_equal(void **state)
{
	char *s = mem_dup("minnow"), *b = mem_dup_bytes("a\0b", 3);
	int *grown = mem_grow(NULL, 4, sizeof *grown);

	(void)state;
	assert_string_equal(s, "minnow");
	assert_memory_equal(b, "a\0b", 3);
	for (int i = 0; i < 4; i++)
		grown[i] = i;
	grown = mem_grow(grown, 4000, sizeof *grown);
	assert_int_equal(grown[3], 3);
	free(s);
	free(b);
	free(grown);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_do_not_wrap_round),
		cmocka_unit_test(an_absurd_request_is_refused),
		cmocka_unit_test(small_and_big_blocks_are_zeroed_and_aligned),
		cmocka_unit_test(copies_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
