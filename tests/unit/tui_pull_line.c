/* The line of a download: never wider than its terminal, and nothing in it moves but what changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/cmd/pull_line.h"
#include "tui/text.h"

#define NAME "toy-model-of-some-length-1.5B-instruct-Q8_0.gguf"

static char name[] = NAME;
static const struct pull_file file = {.file = {.name = name}};

static struct buf
line_of(bool ascii, int width, uint64_t n, uint64_t size, double rate, double left)
{
	struct models m = {.glyphs = models_glyphs_get(ascii), .width = width};
	struct pull_event ev = {.file = &file, .n = n, .size = size, .seconds_left = left, .progress = {.bytes_per_s = rate}};
	struct buf out = {0};

	pull_line_add(&out, &m, &ev, width);
	buf_str(&out);
	return out;
}

static void
shows(int width, uint64_t n, double left, const char *want)
{
	struct buf line = line_of(false, width, n, 60000000, 2.5e6, left);

	assert_string_equal(buf_str(&line), want);
	buf_done(&line);
}

static void
what_has_no_room_is_left_out(void **state)
{
	(void)state;
	shows(199, 30000000, 15, NAME "  ━━━━━━━━━━━━━━━━────────────────   50 %  30.0 of 60.0 MB  2.5 MB/s  15 s left");
	shows(99, 3100000, 15, NAME "    5 %   3.1 of 60.0 MB  2.5 MB/s  15 s left");
	shows(79, 3100000, 75, "…gth-1.5B-instruct-Q8_0.gguf    5 %   3.1 of 60.0 MB  2.5 MB/s  1 min 15 s left");
	shows(59, 3100000, 15, "  5 %   3.1 of 60.0 MB  2.5 MB/s  15 s left");
	shows(39, 3100000, 15, "  5 %  2.5 MB/s  15 s left");
	shows(23, 3100000, 15, "  5 %  15 s left");
}

/* Where S stands in the line. */
static int
place_of(const struct buf *line, const char *s)
{
	const char *at = strstr(buf_str(line), s);

	assert_non_null(at);
	return text_width(line->data, (size_t)(at - line->data));
}

static void
numbers_keep_their_place(void **state)
{
	static const double lefts[] = {9, 31, 59, 75, 599, -1};
	int where = 0;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct buf line = line_of(false, 79, 700000 + i * 11000000, 60000000, i % 2 ? 930000 : 12300000, lefts[i]);
		int at = place_of(&line, " of 60.0 MB");

		assert_true(i == 0 || at == where);
		where = at;
		buf_done(&line);
	}
}

static void
it_is_never_wider(void **state)
{
	(void)state;
	for (int width = 1; width < 220; width++)
		for (int k = 0; k < 6; k++) {
			struct buf line = line_of(k % 2, width, 999999999, k < 2 ? 0 : 2050000000000, k < 4 ? 1.23e9 : 0, k < 4 ? 3e5 : -1);

			assert_in_range(text_width(buf_str(&line), line.len), 0, width);
			for (size_t i = 0; k % 2 && i < line.len; i++)
				assert_true((unsigned char)line.data[i] < 0x80);
			buf_done(&line);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_room_is_left_out),
		cmocka_unit_test(numbers_keep_their_place),
		cmocka_unit_test(it_is_never_wider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
