/* UTF-8: what utf8.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/utf8.h"

static void
round_trip_of_every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char s[4];
		uint32_t back;
		bool ok;
		size_t n = utf8_encode(s, cp);
		size_t m = utf8_decode(s, n, &back, &ok);
		bool surrogate = cp >= 0xd800 && cp <= 0xdfff;

		assert_int_equal(n, m);
		assert_true(ok);
		assert_int_equal(back, surrogate ? UTF8_REPLACEMENT : cp);
	}
}

static void
broken_sequences_are_told(void **state)
{
	static const char *const bad[] = {"\x80", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(utf8_is_valid(bad[i], __builtin_strlen(bad[i])));
	assert_true(utf8_is_valid("한\0é😀", 10));
}

static void
incomplete_tail(void **state)
{
	(void)state;
	assert_int_equal(utf8_incomplete_tail("a", 1), 0);
	assert_int_equal(utf8_incomplete_tail("a\xed", 2), 1);
	assert_int_equal(utf8_incomplete_tail("a\xed\x95", 3), 2);
	assert_int_equal(utf8_incomplete_tail("a\xed\x95\x9c", 4), 0);
	assert_int_equal(utf8_incomplete_tail("\xf0\x9f\x98", 3), 3);
	assert_int_equal(utf8_incomplete_tail("\xc0", 1), 0);
	assert_int_equal(utf8_incomplete_tail("\xe0\x80", 2), 0);	/* can never be completed */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_of_every_code_point),
		cmocka_unit_test(broken_sequences_are_told),
		cmocka_unit_test(incomplete_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
