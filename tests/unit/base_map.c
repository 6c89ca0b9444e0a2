/* The hash table: first value wins, any bytes are keys, growth loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/map.h"

enum { N_KEYS = 50000, KEY_SIZE = 12 };

static void
finds_what_was_added_and_nothing_else(void **state)
{
	char (*keys)[KEY_SIZE] = malloc((size_t)N_KEYS * KEY_SIZE);
	struct map m;

	(void)state;
	assert_non_null(keys);
	map_init(&m, 0);		/* grows all the way */
	for (uint32_t i = 0; i < N_KEYS; i++) {
		snprintf(keys[i], KEY_SIZE, "key%u", i * 7);
		assert_int_equal(map_add(&m, keys[i], strlen(keys[i]), i), i);
	}
	assert_int_equal(m.n_used, N_KEYS);
	for (uint32_t i = 0; i < N_KEYS * 7; i++) {
		char key[KEY_SIZE];

		snprintf(key, sizeof key, "key%u", i);
		assert_int_equal(map_find(&m, key, strlen(key)), i % 7 ? MAP_NONE : i / 7);
	}
	map_done(&m);
	free(keys);
}

static void
the_first_value_stays(void **state)
{
	struct map m;

	(void)state;
	map_init(&m, 4);
	assert_int_equal(map_add(&m, "a", 1, 10), 10);
	assert_int_equal(map_add(&m, "a", 1, 20), 10);
	assert_int_equal(map_find(&m, "a", 1), 10);
	assert_int_equal(m.n_used, 1);
	map_done(&m);
}

static void
keys_are_any_bytes_of_any_length(void **state)
{
	static const char bytes[300] = "a\0b\0";
	struct map m;

	(void)state;
	map_init(&m, 0);
	for (uint32_t len = 0; len < sizeof bytes; len++)
		assert_int_equal(map_add(&m, bytes, len, len), len);
	for (uint32_t len = 0; len < sizeof bytes; len++)
		assert_int_equal(map_find(&m, bytes, len), len);
	map_done(&m);
}

static void
an_empty_map_has_nothing(void **state)
{
	struct map m = {0};

	(void)state;
	assert_int_equal(map_find(&m, "a", 1), MAP_NONE);
	map_add(&m, "a", 1, 0);
	assert_int_equal(map_find(&m, "a", 1), 0);
	map_done(&m);
	map_done(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added_and_nothing_else),
		cmocka_unit_test(the_first_value_stays),
		cmocka_unit_test(keys_are_any_bytes_of_any_length),
		cmocka_unit_test(an_empty_map_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
