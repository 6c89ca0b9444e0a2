/* The quick check of normal form C changes nothing: each code point, its decomposition and its neighbours against
 * utf8proc's own loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/tok/nfc.h"

/* The normal form by definition, of N characters. */
static void
by_definition(struct buf *out, const uint32_t *c, size_t n, utf8proc_option_t form)
{
	struct buf text = {0};
	utf8proc_uint8_t *got = NULL;
	utf8proc_ssize_t len;

	for (size_t i = 0; i < n; i++)
		buf_add_utf8(&text, c[i]);
	len = utf8proc_map((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.len, &got,
	    UTF8PROC_STABLE | form);
	assert_true(len >= 0);
	buf_clear(out);
	buf_add(out, got, (size_t)len);
	free(got);
	buf_done(&text);
}

static void
check(const struct buf *text, const struct buf *want, uint32_t c)
{
	struct buf out = {0};
	struct err e = {0};
	bool changed;
	const struct buf *got = &out;

	assert_true(nfc_normalize(&out, text->data, text->len, &changed, &e));
	if (!changed)
		got = text;
	if (got->len != want->len || memcmp(got->data, want->data, got->len) != 0)
		fail_msg("the normal form at U+%04X differs", (unsigned)c);
	buf_done(&out);
}

static void
check_chars(const uint32_t *c, size_t n)
{
	struct buf text = {0}, want = {0};

	for (size_t i = 0; i < n; i++)
		buf_add_utf8(&text, c[i]);
	by_definition(&want, c, n, UTF8PROC_COMPOSE);
	check(&text, &want, c[0]);
	by_definition(&text, c, n, UTF8PROC_DECOMPOSE);
	check(&text, &want, c[0]);
	buf_done(&text);
	buf_done(&want);
}

static bool
is_scalar(uint32_t c)
{
	return c && (c < 0xd800 || c > 0xdfff);
}

static void
each_code_point_is_as_utf8proc_has_it(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++)
		if (is_scalar(c))
			check_chars(&c, 1);
}

/* After a letter, and between marks of a low, a middle and a high class. */
static void
marks_stand_in_order(void **state)
{
	(void)state;
	for (uint32_t c = 0x300; c < 0x1f000; c++) {
		uint32_t s[] = {'a', 0xe48, c, 0x64b, 0x323, c, 'b', c, 0x345, 0x94d, c};

		if (is_scalar(c) && (c < 0x3400 || c >= 0xa000) && (c < 0xac80 || c >= 0xf000))
			check_chars(s, ARRAY_LEN(s));
	}
}

/* Random texts of what joins, what does not, and what must change places. */
static void
random_texts_are_as_utf8proc_has_them(void **state)
{
	static const uint32_t chars[] = {'a', ' ', 0xe9, 0x3b1, 0x1ea0, 0x915, 0x93c, 0x94d, 0xe01, 0xe48, 0xe38, 0x64b,
	    0x651, 0x654, 0x627, 0x301, 0x323, 0x345, 0x1100, 0x1161, 0x11a8, 0xac00, 0x4e2d, 0x1f600, 0x958, 0x212b,
	    0x9c7, 0x9be, 0x110ba, 0x11099, 0xfb1d, 0x5b4, 0xfa0e, 0xf900};
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t s[12];

		for (size_t k = 0; k < ARRAY_LEN(s); k++) {
			seed = seed * 1664525 + 1013904223;
			s[k] = chars[(seed >> 16) % ARRAY_LEN(chars)];
		}
		check_chars(s, ARRAY_LEN(s));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_point_is_as_utf8proc_has_it),
		cmocka_unit_test(marks_stand_in_order),
		cmocka_unit_test(random_texts_are_as_utf8proc_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
