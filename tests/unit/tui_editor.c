/* The prompt editor and row breaking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/state/editor.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

#define FAMILY "👨‍👩‍👧‍👦"
#define KOREA "🇰🇷"

static void
type(struct editor *ed, const char *s)
{
	assert_true(editor_insert(ed, s, strlen(s)));
}

/* The text with | where the cursor is. */
static void
expect(const struct editor *ed, const char *want)
{
	char got[512];

	memcpy(got, buf_str(&ed->text), ed->at);
	got[ed->at] = '|';
	strcpy(got + ed->at + 1, buf_str(&ed->text) + ed->at);
	assert_string_equal(got, want);
}

static void
moves_and_deletes_whole_characters(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	type(&ed, "a" FAMILY "e\xcc\x81" KOREA "한");
	assert_true(editor_left(&ed));
	assert_true(editor_left(&ed));
	expect(&ed, "a" FAMILY "e\xcc\x81|" KOREA "한");
	assert_true(editor_delete_left(&ed));
	expect(&ed, "a" FAMILY "|" KOREA "한");
	assert_true(editor_delete_left(&ed));
	expect(&ed, "a|" KOREA "한");
	assert_true(editor_delete_right(&ed));
	expect(&ed, "a|한");
	editor_line_start(&ed);
	assert_false(editor_left(&ed));
	assert_false(editor_delete_left(&ed));
	editor_done(&ed);
}

static void
words(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	type(&ed, "hello, 큰 world-wide");
	editor_word_left(&ed);
	expect(&ed, "hello, 큰 world-|wide");
	editor_word_left(&ed);
	editor_word_left(&ed);
	expect(&ed, "hello, |큰 world-wide");
	editor_word_right(&ed);
	expect(&ed, "hello, 큰| world-wide");
	assert_true(editor_kill_word_right(&ed));
	expect(&ed, "hello, 큰|-wide");
	assert_true(editor_kill_word_left(&ed));
	expect(&ed, "hello, |-wide");
	editor_done(&ed);
}

static void
cuts_join_until_something_else_happens(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	type(&ed, "one two three");
	editor_kill_word_left(&ed);
	editor_kill_word_left(&ed);
	expect(&ed, "one |");
	assert_true(editor_yank(&ed));
	expect(&ed, "one two three|");
	editor_line_start(&ed);
	editor_kill_word_right(&ed);
	editor_kill_word_right(&ed);
	editor_line_end(&ed);
	assert_true(editor_yank(&ed));
	expect(&ed, " threeone two|");
	editor_kill_line_left(&ed);
	editor_yank(&ed);
	expect(&ed, " threeone two|");
	editor_done(&ed);
}

static void
lines(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	type(&ed, "first\nsecond\nx");
	assert_true(editor_up(&ed, 40));
	expect(&ed, "first\ns|econd\nx");
	assert_true(editor_line_end(&ed));
	assert_true(editor_left(&ed));
	assert_true(editor_up(&ed, 40));
	expect(&ed, "first|\nsecond\nx");
	assert_true(editor_down(&ed, 40));
	expect(&ed, "first\nsecon|d\nx");
	assert_true(editor_down(&ed, 40));
	expect(&ed, "first\nsecond\nx|");
	assert_true(editor_up(&ed, 40));		/* the column of the long line is remembered */
	expect(&ed, "first\nsecon|d\nx");
	editor_line_start(&ed);
	assert_true(editor_kill_line(&ed));
	expect(&ed, "first\n|\nx");
	assert_true(editor_kill_line(&ed));
	expect(&ed, "first\n|x");
	assert_false(editor_down(&ed, 40));
	editor_done(&ed);
}

static void
undo(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	for (const char *p = "two words"; *p; p++)
		assert_true(editor_insert(&ed, p, 1));
	editor_undo(&ed);
	expect(&ed, "two |");
	editor_undo(&ed);
	editor_undo(&ed);
	expect(&ed, "|");
	assert_false(editor_undo(&ed));
	type(&ed, "pasted text");
	editor_kill_line_left(&ed);
	editor_undo(&ed);
	expect(&ed, "pasted text|");
	editor_done(&ed);
}

static void
history(void **state)
{
	struct editor ed, other;
	struct buf file = {0};

	(void)state;
	editor_init(&ed);
	type(&ed, "one\nline \\n");
	free(editor_take(&ed));
	type(&ed, "two");
	free(editor_take(&ed));
	type(&ed, "draft");
	assert_true(editor_history_prev(&ed));
	expect(&ed, "two|");
	assert_true(editor_history_prev(&ed));
	assert_false(editor_history_prev(&ed));
	expect(&ed, "one\nline \\n|");
	editor_history_next(&ed);
	assert_true(editor_history_next(&ed));
	expect(&ed, "draft|");
	assert_false(editor_history_next(&ed));
	editor_history_write(&ed, &file);
	editor_init(&other);
	editor_history_read(&other, file.data, file.len);
	assert_int_equal(other.n_history, 2);
	assert_string_equal(other.history[0], "one\nline \\n");
	assert_string_equal(other.history[1], "two");
	buf_done(&file);
	editor_done(&ed);
	editor_done(&other);
}

static void
paste_is_cleaned_and_limited(void **state)
{
	struct editor ed;
	char *big = malloc(EDITOR_BYTES_MAX + 1);

	(void)state;
	editor_init(&ed);
	type(&ed, "a\x1b[2Jb\r\nc");
	expect(&ed, "a␛[2Jb\nc|");
	memset(big, 'x', EDITOR_BYTES_MAX + 1);
	assert_false(editor_insert(&ed, big, EDITOR_BYTES_MAX + 1));
	expect(&ed, "a␛[2Jb\nc|");
	free(big);
	ed.one_line = true;
	type(&ed, "\nd");
	expect(&ed, "a␛[2Jb\nc d|");
	editor_done(&ed);
}

static void
a_mark_typed_later_joins(void **state)
{
	struct editor ed;

	(void)state;
	editor_init(&ed);
	type(&ed, "ex");
	editor_left(&ed);
	type(&ed, "\xcc\x81");
	expect(&ed, "e\xcc\x81|x");
	editor_delete_left(&ed);
	expect(&ed, "|x");
	editor_done(&ed);
}

static void
rows_break_between_words(void **state)
{
	const char *s = "the quick 한국어 문장 中文字符 x";
	int row, col;

	(void)state;
	assert_int_equal(wrap_row(s, strlen(s), 10), strlen("the quick "));
	assert_int_equal(wrap_row(s, strlen(s), 9), strlen("the "));
	assert_int_equal(wrap_row("unbreakable", 11, 4), 4);
	assert_int_equal(wrap_row("中文字符", 12, 5), 6);
	assert_int_equal(wrap_row("中文。", 9, 4), 3);	/* a full stop does not begin a row */
	assert_int_equal(wrap_row("한국어 문", strlen("한국어 문"), 8), strlen("한국어 "));
	assert_int_equal(wrap_row("a\nb", 3, 9), 2);
	assert_int_equal(wrap_row("한", 3, 1), 3);	/* at least one, even where it does not fit */
	assert_int_equal(wrap_count("", 0, 5), 1);
	assert_int_equal(wrap_count("a\n", 2, 5), 2);
	wrap_locate("abcde", 5, 5, 5, &row, &col);
	assert_int_equal(row, 1);
	assert_int_equal(col, 0);
}

/* Rows cover the text exactly, none is too wide, and none begins inside a cluster. */
static void
rows_of_random_text(void **state)
{
	static const char *const parts[] = {
		"a", "word", " ", "  ", "\n", "한", "中", "。", FAMILY, KOREA, "e\xcc\x81", "-", "\xcc\x81", "\t", "❤️",
		"क्षि", "ـ", "\xff",
	};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char s[400];
		size_t n = 0, at = 0, edge = 0;
		int columns = 8 + (int)(seed >> 28);

		for (int i = 0; i < 12; i++) {
			const char *p = parts[(seed = seed * 1664525u + 1013904223u) / (UINT32_MAX / 18 + 1)];

			memcpy(s + n, p, strlen(p));
			n += strlen(p);
		}
		while (at < n) {
			size_t len = wrap_row(s + at, n - at, columns), drawn = len;

			assert_true(len > 0 && at + len <= n);
			if (s[at + len - 1] == '\n')
				drawn--;
			assert_true(text_width(s + at, drawn) <= columns ||
			    text_next(s + at, drawn, 0) == drawn);
			at += len;
			while (edge < at)
				edge = text_next(s, n, edge);
			assert_int_equal(edge, at);
		}
	}
}

static void
widths(void **state)
{
	(void)state;
	assert_int_equal(text_width("abc", 3), 3);
	assert_int_equal(text_width("한국", 6), 4);
	assert_int_equal(text_width("e\xcc\x81", 3), 1);
	assert_int_equal(text_width("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 9), 2);	/* decomposed 한 */
	assert_int_equal(text_width(FAMILY, strlen(FAMILY)), 8);
	assert_int_equal(text_width(KOREA, strlen(KOREA)), 2);
	assert_int_equal(text_width("👍🏽", strlen("👍🏽")), 2);
	assert_int_equal(text_width("\xcc\x81", 2), 1);
	assert_int_equal(text_next(FAMILY "x", strlen(FAMILY "x"), 0), strlen(FAMILY));
	assert_int_equal(text_prev("x" FAMILY, strlen("x" FAMILY), strlen("x" FAMILY)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_and_deletes_whole_characters),
		cmocka_unit_test(words),
		cmocka_unit_test(cuts_join_until_something_else_happens),
		cmocka_unit_test(lines),
		cmocka_unit_test(undo),
		cmocka_unit_test(history),
		cmocka_unit_test(paste_is_cleaned_and_limited),
		cmocka_unit_test(a_mark_typed_later_joins),
		cmocka_unit_test(rows_break_between_words),
		cmocka_unit_test(rows_of_random_text),
		cmocka_unit_test(widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
