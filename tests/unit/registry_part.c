/* The small texts of the store: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "registry/part.h"
#include "registry/stamp.h"

#define HEX16 "000102030405060708090a0b0c0d0e0f"
#define HEX32 HEX16 HEX16

static const char whole_part[] = "minnow part 1\nsize 3500\nranges 1000\nsha256 " HEX32
    "\nsource https://a.example/b c\netag \"x y\"\nrange 0 1000 " HEX16 "\nrange 3 499 " HEX16 "\nend\n";

static void
a_state_is_read_as_it_was_written(void **state)
{
	struct err e = {0};
	struct buf b = {0};
	struct part_state p;

	(void)state;
	assert_true(part_parse(&p, whole_part, sizeof whole_part - 1, &e));
	assert_int_equal(p.size, 3500);
	assert_int_equal(p.n_ranges, 4);
	assert_int_equal(part_range_length(&p, 3), 500);
	assert_true(part_range_is_whole(&p, 0));
	assert_false(part_range_is_whole(&p, 3));
	assert_int_equal(part_n_bytes(&p), 1499);
	assert_string_equal(p.source, "https://a.example/b c");
	part_write(&p, &b);
	assert_string_equal(buf_str(&b), whole_part);
	part_set_source(&p, "https://a\nend", "\033");		/* would be lines of their own, or worse */
	assert_null(p.source);
	assert_null(p.etag);
	part_forget(&p);
	assert_int_equal(part_n_bytes(&p), 0);
	part_done(&p);
	buf_done(&b);
}

static void
refuse(const char *text, size_t n)
{
	struct err e = {0};
	struct part_state p;

	assert_false(part_parse(&p, text, n, &e));
	assert_int_equal(e.kind, ERR_FAILED);
	assert_null(p.ranges);
}

static void
a_damaged_state_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "minnow part 2\n", "minnow part 1\nsize 1\nend\n", "minnow part 1\nsize 1\nranges 0\nend\n",
		"minnow part 1\nsize 01\nranges 1\nend\n", "minnow part 1\nsize  1\nranges 1\nend\n",
		"minnow part 1\nsize 18446744073709551616\nranges 1\nend\n",
		"minnow part 1\nsize 18446744073709551615\nranges 1\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 2 5 " HEX16 "\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 0 6 " HEX16 "\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 0 0 " HEX16 "\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 1 5 " HEX16 "\nrange 0 5 " HEX16 "\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 1 5 " HEX16 "\nrange 1 5 " HEX16 "\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 0 5 " HEX16 "0\nend\n",
		"minnow part 1\nsize 10\nranges 5\nrange 0 5 " HEX16 " \nend\n",
		"minnow part 1\nsize 10\nranges 5\nend\nend\n", "minnow part 1\nsize 10\nranges 5\nend",
		"minnow part 1\nsize 10\nranges 5\nsource \nend\n", "minnow part 1\nsize 10\nranges 5\nsource a\tb\nend\n",
		"minnow part 1\nsize 10\nranges 5\nsha256 00\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refuse(bad[i], strlen(bad[i]));
	for (size_t n = 0; n < sizeof whole_part - 1; n++)		/* cut anywhere */
		refuse(whole_part, n);
}

static void
a_stamp_is_read_as_it_was_written(void **state)
{
	static const char text[] = "minnow stamp 1\nsha256 " HEX32 "\nsize 1500\ndate 1795651200\npinned\n"
	    "file 1 2 3 4\nfile 1 7 8 9\nranges 1000\nrange " HEX16 "\nrange " HEX16 "\nend\n";
	struct stat st = {.st_dev = 1, .st_ino = 7, .st_mode = S_IFREG, .st_size = 1500,
	    .st_mtim = {.tv_sec = 8, .tv_nsec = 9}};
	struct err e = {0};
	struct buf b = {0};
	struct stamp s;

	(void)state;
	assert_true(stamp_parse(&s, text, sizeof text - 1, &e));
	stamp_write(&s, &b);
	assert_string_equal(buf_str(&b), text);
	assert_true(stamp_holds(&s, &st));
	st.st_mtim.tv_nsec++;
	assert_false(stamp_holds(&s, &st));
	assert_true(stamp_names(&s, &st));
	stamp_add_file(&s, &st);
	assert_true(stamp_holds(&s, &st));
	assert_int_equal(s.n_files, 2);
	st.st_mode = S_IFLNK;
	assert_false(stamp_holds(&s, &st));
	stamp_remove_file(&s, &st);
	assert_false(stamp_names(&s, &st));
	for (ino_t i = 100; i < 100 + 2 * STAMP_FILES_MAX; i++) {	/* the blob keeps its place */
		st.st_ino = i;
		stamp_add_file(&s, &st);
		assert_true(stamp_names(&s, &st));
	}
	assert_int_equal(s.n_files, STAMP_FILES_MAX);
	assert_int_equal(s.files[0].inode, 2);
	stamp_done(&s);
	for (size_t n = 0; n < sizeof text - 1; n++)
		assert_false(stamp_parse(&s, text, n, &e));
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_read_as_it_was_written),
		cmocka_unit_test(a_damaged_state_is_refused),
		cmocka_unit_test(a_stamp_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests_name("registry part", tests, NULL, NULL);
}
