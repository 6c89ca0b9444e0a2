/* Relative positions: the edges of T5's buckets, as its published model code has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/relpos.h"

/* The first distance of every bucket. */
static void
assert_edges(const uint8_t *bucket, const uint8_t *first, uint8_t n)
{
	for (uint8_t b = 0; b < n; b++) {
		assert_int_equal(bucket[first[b]], b);
		if (b > 0)
			assert_int_equal(bucket[first[b] - 1], b - 1);
	}
	assert_int_equal(bucket[RELPOS_FAR], n - 1);
}

static void
buckets_are_t5_s(void **state)
{
	static const uint8_t both[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};
	static const uint8_t past[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35, 40,
		46, 52, 59, 67, 77, 87, 99, 113};
	struct relpos r;

	(void)state;
	relpos_init(&r, 32);
	assert_edges(r.both, both, ARRAY_LEN(both));
	assert_edges(r.past, past, ARRAY_LEN(past));
}

/* From position 5: keys 3 .. 7, and one far away. */
static void
biases_are_added_by_side(void **state)
{
	float bias[32], s[5] = {0}, far = 1;
	struct relpos r;

	(void)state;
	for (int i = 0; i < 32; i++)
		bias[i] = (float)i;
	relpos_init(&r, 32);
	relpos_add_both(&r, s, bias, 5, 3, 5);
	assert_true(s[0] == 2 && s[1] == 1 && s[2] == 0 && s[3] == 17 && s[4] == 18);
	relpos_add_past(&r, s, bias, 5, 3, 3);
	assert_true(s[0] == 4 && s[1] == 2 && s[2] == 0);
	relpos_add_both(&r, &far, bias, 5, 100000, 1);
	assert_true(far == 32);
	relpos_add_past(&r, &far, bias, 100000, 5, 1);
	assert_true(far == 63);
}

/* Few buckets, and as many as there may be. */
static void
every_number_of_buckets_stays_in_bounds(void **state)
{
	(void)state;
	for (uint32_t n = 4; n <= 256; n += 2) {
		struct relpos r;

		relpos_init(&r, n);
		for (int d = 0; d <= RELPOS_FAR; d++)
			assert_true(r.past[d] < n && r.both[d] < n / 2 && (d == 0 || r.past[d] >= r.past[d - 1]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_t5_s),
		cmocka_unit_test(biases_are_added_by_side),
		cmocka_unit_test(every_number_of_buckets_stays_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
