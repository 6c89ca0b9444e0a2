/* What goes to a clipboard: code blocks as they are written, and the sequence for the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/state/clipboard.h"
#include "tui/widget/flow.h"

static void
code_is_as_written(void **state)
{
	static const struct {
		const char *text, *code;		/* NULL: there is none */
	} cases[] = {
		{"no code", NULL},
		{"inline ```x``` code", NULL},
		{"```x```\ntext\n", NULL},
		{"a\n```c\nint\tx;  \n```\n", "int\tx;  \n"},
		{"```\nfirst\n```\n~~~\nsecond\n\n~~~\ntext", "second\n\n"},
		{"````md\n```c\nx\n```\n````\n", "```c\nx\n```\n"},
		{"~~~\n```\n~~~\n", "```\n"},
		{"```c\na\n```c\nb\n```\n", "a\n```c\nb\n"},
		{"1. one\n\n   ```sh\n   ls\n     -l\n\n x\n   ```\n", "ls\n  -l\n\nx\n"},
		{"```\nstill writt", "still writt"},
		{"```\ndone\n```\n\n```", "done\n"},
		{"```\n```\n", ""},
		{"```\r\nx\r\n```\r\n", "x\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = {0};
		size_t n = flow_code(cases[i].text, strlen(cases[i].text), SIZE_MAX, &out);

		assert_int_equal(out.len, 0);
		if ((n > 0) != (cases[i].code != NULL))
			fail_msg("case %zu: %zu found", i, n);
		(void)flow_code(cases[i].text, strlen(cases[i].text), n - 1, &out);
		assert_string_equal(buf_str(&out), cases[i].code ? cases[i].code : "");
		buf_done(&out);
	}
}

static void
sequences(void **state)
{
	static const char big[CLIPBOARD_SEQUENCE_MAX] = {0};
	struct buf out = {0};

	(void)state;
	assert_true(clipboard_sequence(&out, "a", 1, false));
	assert_string_equal(buf_str(&out), "\x1b]52;c;YQ==\a");
	buf_clear(&out);
	assert_true(clipboard_sequence(&out, "\xff\0z", 3, true));
	assert_string_equal(buf_str(&out), "\x1b]52;c;/wB6\a\x1bPtmux;\x1b\x1b]52;c;/wB6\a\x1b\\");
	buf_clear(&out);
	for (size_t n = 74000; n < sizeof big; n += 7) {
		buf_clear(&out);
		if (!clipboard_sequence(&out, big, n, false))
			break;
		assert_true(out.len <= CLIPBOARD_SEQUENCE_MAX);
	}
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_as_written),
		cmocka_unit_test(sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
