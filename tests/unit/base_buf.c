/* Byte strings: every operation against what it says, NUL-terminated all the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/buf.h"

static void
starts_empty_and_printable(void **state)
{
	struct buf b = {0};
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_truncate(&b, 0);
	buf_erase(&b, 0, 0);
	buf_add(&b, NULL, 0);
	assert_string_equal(buf_str(&b), "");
	s = buf_take(&b);
	assert_string_equal(s, "");
	free(s);
	buf_done(&b);
}

static void
grows_by_every_kind_of_piece(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add_str(&b, "ab");
	buf_add_char(&b, 'c');
	buf_add(&b, "\0d", 2);
	buf_add_utf8(&b, 0xd55c);
	buf_printf(&b, "%d-%s", 42, "x");
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.data, "abc\0d한42-x", 13);
	buf_done(&b);
	assert_null(b.data);
}

static void
long_prints_fit(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add_str(&b, "<");
	buf_printf(&b, "%5000d>", 7);
	assert_int_equal(b.len, 5002);
	assert_int_equal(strlen(b.data), 5002);
	assert_int_equal(b.data[5000], '7');
	buf_done(&b);
}

static void
inserts_and_erases_anywhere(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_insert(&b, 0, "end", 3);
	buf_insert(&b, 0, "begin ", 6);
	buf_insert(&b, 6, "and ", 4);
	assert_string_equal(buf_str(&b), "begin and end");
	buf_erase(&b, 5, 4);
	assert_string_equal(buf_str(&b), "begin end");
	buf_erase(&b, 5, 4);
	assert_string_equal(buf_str(&b), "begin");
	buf_truncate(&b, 1);
	assert_string_equal(buf_str(&b), "b");
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
}

static void
take_leaves_it_empty(void **state)
{
	struct buf b = {0};
	char *s;

	(void)state;
	buf_add_str(&b, "mine");
	s = buf_take(&b);
	assert_string_equal(s, "mine");
	assert_string_equal(buf_str(&b), "");
	buf_add_str(&b, "again");
	assert_string_equal(s, "mine");
	free(s);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty_and_printable),
		cmocka_unit_test(grows_by_every_kind_of_piece),
		cmocka_unit_test(long_prints_fit),
		cmocka_unit_test(inserts_and_erases_anywhere),
		cmocka_unit_test(take_leaves_it_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
