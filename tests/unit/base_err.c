/* Errors: kind, text, wrapping, and cutting that keeps characters whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/utf8.h"

static void
set_and_wrap(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_set(&e, ERR_NOT_FOUND, "tensor %d is missing", 7));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_string_equal(e.text, "tensor 7 is missing");
	assert_false(err_wrap(&e, "%s", "a.gguf"));
	assert_string_equal(e.text, "a.gguf: tensor 7 is missing");
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void
nowhere_to_write_is_allowed(void **state)
{
	(void)state;
	assert_false(err_set(NULL, ERR_FAILED, "x"));
	assert_false(err_wrap(NULL, "x"));
	assert_false(err_set_errno(NULL, ENOENT, "x"));
}

static void
long_texts_are_cut_between_characters(void **state)
{
	struct err e = {0};
	char text[2000];

	(void)state;
	/* Three-byte characters, at each of the three positions against the end. */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'a', shift);
		for (size_t at = shift; at + 3 < sizeof text; at += 3)
			memcpy(text + at, "한", 4);
		err_set(&e, ERR_FAILED, "%s", text);
		assert_true(strlen(e.text) < sizeof e.text);
		assert_true(utf8_is_valid(e.text, strlen(e.text)));
		assert_string_equal(e.text + strlen(e.text) - 3, "…");
		err_wrap(&e, "%s", "file");
		assert_memory_equal(e.text, "file: ", 6);
		assert_true(utf8_is_valid(e.text, strlen(e.text)));
		err_wrap(&e, "%s", text);
		assert_true(utf8_is_valid(e.text, strlen(e.text)));
	}
}

static void
errno_has_its_kind(void **state)
{
	static const struct {
		int number;
		enum err_kind kind;
	} rows[] = {
		{ENOENT, ERR_NOT_FOUND}, {ENOTDIR, ERR_NOT_FOUND}, {ENOSPC, ERR_NO_SPACE}, {ENOMEM, ERR_NO_SPACE},
		{EACCES, ERR_FAILED}, {EIO, ERR_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {0};

		assert_false(err_set_errno(&e, rows[i].number, "some/path"));
		assert_int_equal(e.kind, rows[i].kind);
		assert_memory_equal(e.text, "some/path: ", 11);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_wrap),
		cmocka_unit_test(nowhere_to_write_is_allowed),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(errno_has_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
