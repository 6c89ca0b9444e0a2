/* text_clean: nothing a terminal obeys and nothing an eye would miss gets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/text_clean.h"

static void
check(const char *in, const char *want)
{
	struct buf b = {0};

	text_clean(&b, in, strlen(in));
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void
plain_text_is_untouched(void **state)
{
	(void)state;
	check("a\tb\nc", "a\tb\nc");
	check("한국어 中文 é ñ", "한국어 中文 é ñ");
	check("e\xcc\x81", "e\xcc\x81");
	check("👨‍👩‍👧", "👨‍👩‍👧");
	check("می‌خواهم", "می‌خواهم");
	check("", "");
}

static void
controls_become_pictures(void **state)
{
	(void)state;
	check("\x1b[31mred\x1b]0;title\x07", "␛[31mred␛]0;title␇");
	check("a\x7f" "b\x01", "a␡b␁");
	check("one\r\ntwo", "one\ntwo");
	check("over\rwrite", "over␍write");
	check("\xc2\x9b" "2J", "<U+009B>2J");
}

static void
hidden_characters_are_named(void **state)
{
	(void)state;
	check("a\u202e" "b", "a<U+202E>b");
	check("pass\u200bword", "pass<U+200B>word");
	check("ad\u200dmin", "ad<U+200D>min");
	check("\U000e0041", "<U+E0041>");
	check("\ufeffx", "<U+FEFF>x");
	check("a\u2028b", "a\nb");
}

static void
broken_utf8_is_replaced(void **state)
{
	(void)state;
	check("a\xff" "b", "a\ufffd" "b");
	check("\xe2\x82", "\ufffd");
	check("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
	check("\xef\xbf\xbf", "\ufffd");
}

static void
one_line(void **state)
{
	struct buf b = {0};

	(void)state;
	text_clean_line(&b, "a\nb\tc\x1b", 6);
	assert_string_equal(buf_str(&b), "a b c␛");
	buf_done(&b);
}

/* Over random bytes: valid UTF-8 out, no control but newline and tab, and cleaning twice is cleaning once. */
static void
random_bytes(void **state)
{
	static const char bytes[] = "\xe2\x80\x8d\xaa\x1b\xc2\x9b a";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct buf once = {0}, twice = {0};
		char in[64];

		for (size_t i = 0; i < sizeof in; i++) {
			seed = seed * 1664525u + 1013904223u;
			in[i] = (char)(round % 2 ? seed >> 24 : (unsigned char)bytes[(seed >> 24) % 9]);
		}
		text_clean(&once, in, sizeof in);
		assert_true(utf8_is_valid(once.data, once.len));
		for (size_t i = 0; i < once.len; i++)
			assert_true((unsigned char)once.data[i] >= 0x20 || strchr("\n\t", once.data[i]));
		text_clean(&twice, once.data, once.len);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.data, twice.data, once.len);
		buf_done(&once);
		buf_done(&twice);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_untouched),
		cmocka_unit_test(controls_become_pictures),
		cmocka_unit_test(hidden_characters_are_named),
		cmocka_unit_test(broken_utf8_is_replaced),
		cmocka_unit_test(one_line),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
