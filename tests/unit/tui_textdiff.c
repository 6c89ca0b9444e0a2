/* Word by word: where words begin and end in several scripts, and that what is left unmarked of both texts is the same and
 * as long as it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tui/state/textdiff.h"
#include "tui/text.h"

static void
split_is(const char *text, const char *want)
{
	struct textdiff w = {0};
	struct buf b = {0};

	textdiff_split(&w, text, strlen(text));
	for (size_t i = 0; i < w.n; i++) {
		buf_add_str(&b, i ? "|" : "");
		buf_add(&b, text + w.words[i].at, w.words[i].len);
	}
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
	textdiff_done(&w);
}

static void
words_are_split(void **state)
{
	(void)state;
	split_is("", "");
	split_is(" \n\t ", "");
	split_is("The sky, blue: 3.14 don't a.b. it\xe2\x80\x99s", "The|sky|,|blue|:|3.14|don't|a.b|.|it\xe2\x80\x99s");
	split_is("한국어 문장도 바르게.", "한국어|문장도|바르게|.");
	split_is("中文字符 かな", "中|文|字|符|か|な");
	split_is("Zo\xc3\xab's e\xcc\x81t 👨‍👩‍👧!", "Zo\xc3\xab's|e\xcc\x81t|👨‍👩‍👧|!");
	split_is("a中b", "a|中|b");
	split_is("snake_case x==y", "snake_case|x|=|=|y");
}

/* Words that differ stand in brackets. */
static void
marked(const struct textdiff *w, const char *text, struct buf *out)
{
	for (size_t i = 0; i < w->n; i++) {
		buf_add_str(out, i ? " " : "");
		buf_add_str(out, w->words[i].differs ? "[" : "");
		buf_add(out, text + w->words[i].at, w->words[i].len);
		buf_add_str(out, w->words[i].differs ? "]" : "");
	}
}

static void
compared(const char *a, const char *b, const char *want_a, const char *want_b)
{
	struct textdiff x = {0}, y = {0};
	struct buf out = {0};

	textdiff_split(&x, a, strlen(a));
	textdiff_split(&y, b, strlen(b));
	textdiff_compare(&x, a, &y, b);
	marked(&x, a, &out);
	assert_string_equal(buf_str(&out), want_a);
	buf_clear(&out);
	marked(&y, b, &out);
	assert_string_equal(buf_str(&out), want_b);
	buf_done(&out);
	textdiff_done(&x);
	textdiff_done(&y);
}

static void
differences_are_marked(void **state)
{
	(void)state;
	compared("", "", "", "");
	compared("", "one", "", "[one]");
	compared("the sky is blue", "the  sky\nis blue", "the sky is blue", "the sky is blue");
	compared("the sky is blue", "the sea is deep blue", "the [sky] is blue", "the [sea] is [deep] blue");
	compared("나는 밥을 먹었다", "나는 빵을 먹었다", "나는 [밥을] 먹었다", "나는 [빵을] 먹었다");
	compared("我吃米饭", "我吃面包", "我 吃 [米] [饭]", "我 吃 [面] [包]");
}

static uint32_t seed = 1;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static size_t
count_shared(const struct textdiff *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += !w->words[i].differs;
	return n;
}

/* The unmarked words of both are the same ones: A is made of B by taking B's marked words out and putting A's in. */
static void
assert_rebuilds(const struct textdiff *a, const char *a_text, const struct textdiff *b, const char *b_text)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (a->words[i].differs)
			continue;
		while (j < b->n && b->words[j].differs)
			j++;
		assert_true(j < b->n);
		assert_int_equal(a->words[i].len, b->words[j].len);
		assert_memory_equal(a_text + a->words[i].at, b_text + b->words[j].at, a->words[i].len);
		j++;
	}
	assert_int_equal(count_shared(a), count_shared(b));
}

/* By the textbook's table. */
static size_t
longest_common(const struct textdiff *a, const char *a_text, const struct textdiff *b, const char *b_text)
{
	size_t *row = mem_new0(b->n + 1, sizeof *row), best;

	for (size_t i = 0; i < a->n; i++) {
		size_t diagonal = 0;

		for (size_t j = 0; j < b->n; j++) {
			size_t above = row[j + 1];
			bool same = a->words[i].len == b->words[j].len &&
			    memcmp(a_text + a->words[i].at, b_text + b->words[j].at, a->words[i].len) == 0;

			row[j + 1] = same ? diagonal + 1 : above > row[j] ? above : row[j];
			diagonal = above;
		}
	}
	best = row[b->n];
	free(row);
	return best;
}

static void
add_text(struct buf *out, uint32_t n, uint32_t kinds)
{
	static const char *const words[] = {"a", "the", "sky", "바다", "中", "e\xcc\x81", "👨‍👩‍👧", "don't", ".", "blue", "of", "x"};
	static const char *const blanks[] = {" ", "\n", "  ", "\t"};

	buf_add_str(out, "");
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", words[chance(kinds)], blanks[chance(4)]);
}

static void
any_texts_are_rebuilt(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct buf a = {0}, b = {0};
		struct textdiff x = {0}, y = {0};
		uint32_t kinds = 1 + chance(12);
		size_t at = 0, i = 0;

		add_text(&a, chance(40), kinds);
		add_text(&b, chance(40), kinds);
		textdiff_split(&x, buf_str(&a), a.len);
		textdiff_split(&y, buf_str(&b), b.len);
		textdiff_compare(&x, buf_str(&a), &y, buf_str(&b));
		assert_rebuilds(&x, buf_str(&a), &y, buf_str(&b));
		assert_int_equal(count_shared(&x), longest_common(&x, buf_str(&a), &y, buf_str(&b)));
		/* Every byte is in a word or a blank, and a word ends between clusters. */
		for (; at < a.len; at = text_next(buf_str(&a), a.len, at)) {
			if (i < x.n && at == x.words[i].at + x.words[i].len)
				i++;
			assert_true(strchr(" \n\t", a.data[at]) || (i < x.n && at >= x.words[i].at));
			assert_int_equal(textdiff_find(&x, 0, at), i);
		}
		textdiff_done(&x);
		textdiff_done(&y);
		buf_done(&a);
		buf_done(&b);
	}
}

/* Where the shortest way is given up, what is left is still common to both. */
static void
long_texts_are_rebuilt(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct buf a = {0}, b = {0};
		struct textdiff x = {0}, y = {0};

		for (int i = 0; i < 150000; i++)
			buf_printf(&a, "%u ", (unsigned)chance(round ? 50 : 50000));
		for (int i = 0; i < 150000; i++)
			buf_printf(&b, "%u ", (unsigned)chance(round ? 50 : 50000));
		textdiff_split(&x, buf_str(&a), a.len);
		textdiff_split(&y, buf_str(&b), b.len);
		textdiff_compare(&x, buf_str(&a), &y, buf_str(&b));
		assert_rebuilds(&x, buf_str(&a), &y, buf_str(&b));
		assert_true(count_shared(&x) > (round ? 1000 : 10));
		textdiff_done(&x);
		textdiff_done(&y);
		buf_done(&a);
		buf_done(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split),
		cmocka_unit_test(differences_are_marked),
		cmocka_unit_test(any_texts_are_rebuilt),
		cmocka_unit_test(long_texts_are_rebuilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
