/* Looking up texts: formats of errors and the log pass through the translator, "" stays "", columns are padded by width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "tui/i18n.h"
#include "tui/text.h"

static const char *
in_korean(const char *s)
{
	return strcmp(s, "%s: no such file") == 0 ? "%s: 그런 파일이 없습니다" : strcmp(s, "of %d and %s") == 0 ? "%2$s, %1$d" : s;
}

static void
errors_and_log_are_translated(void **state)
{
	struct log_line line;
	struct err e = {0};

	(void)state;
	err_translate_by(in_korean);
	assert_false(err_set(&e, ERR_NOT_FOUND, "%s: no such file", "a.gguf"));
	assert_string_equal(e.text, "a.gguf: 그런 파일이 없습니다");
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_false(err_wrap(&e, "of %d and %s", 3, "b"));
	assert_string_equal(e.text, "b, 3: a.gguf: 그런 파일이 없습니다");
	log_clear();
	log_add(LOG_DONE, "of %d and %s", 1, "x");
	assert_true(log_get(0, &line));
	assert_string_equal(line.text, "x, 1");
	log_clear();
	err_translate_by(NULL);
	assert_false(err_set(&e, ERR_FAILED, "%s: no such file", "a"));
	assert_string_equal(e.text, "a: no such file");
}

/* Letters of three bytes, of which the last does not fit. */
static void
the_log_cuts_between_letters(void **state)
{
	char text[LOG_TEXT_MAX * 2] = "";
	struct log_line line;

	(void)state;
	while (strlen(text) + 4 < sizeof text)
		strcat(text, "가");
	log_clear();
	for (int i = 0; i < 3; i++)
		log_add(LOG_WARN, "%.*s%s", i, "ab", text);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(log_get(i, &line));
		assert_true(strlen(line.text) >= LOG_TEXT_MAX - 4);
		assert_true(utf8_is_valid(line.text, strlen(line.text)));
	}
	log_clear();
}

static void
nothing_stays_nothing(void **state)
{
	(void)state;
	assert_string_equal(_(""), "");
	assert_string_equal(_("no text of minnow"), "no text of minnow");
}

static void
a_field_fills_its_columns(void **state)
{
	static const char *const words[] = {"", "size", "크기", "가장 긴 낱말입니다", "é"};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		int n = snprintf(text, sizeof text, "%-*s", text_field(words[i], 12), words[i]);
		int width = text_width(words[i], strlen(words[i]));

		assert_int_equal(text_width(text, (size_t)n), width > 12 ? width : 12);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_and_log_are_translated),
		cmocka_unit_test(the_log_cuts_between_letters),
		cmocka_unit_test(nothing_stays_nothing),
		cmocka_unit_test(a_field_fills_its_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
