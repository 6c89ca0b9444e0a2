/* The words of ascii.h are those of the patterns, in texts of ASCII and of other characters that touch it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/tok/ascii.h"
#include "core/tok/pretok.h"

/* One row for each set of rules, and for each pattern that shares one. */
static const char *const rows[] = {
	"gpt-2", "dbrx", "qwen2", "qwen35", "gpt-4o", "tekken", "seed-coder", "bailingmoe", "starcoder", "default",
};

/* What the patterns look at, and what looks like it: other spaces, letters that fold to ASCII, marks, digits. */
static const char *const bits[] = {
	"a", "b", "s", "t", "re", "ve", "m", "ll", "d", "S", "T", "RE", "VE", "M", "LL", "D", "Z", "z", "A", "'", "'", "'s",
	" ", " ", " ", "  ", "\n", "\n", "\r\n", "\t", "\v", "\f", "/", "//", ".", ",", "(", "_", "@", "[", "`", "{", "\x7f", "\x1f",
	"0", "9", "12", "1234", "é", "É", "Ж", "中", "ſ", "K", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\xa8", "²", "٣", "\xcc\x81",
	"…", "—", "😀", "ǅ", "ª",
};
enum { N_ASCII = 48 };		/* of them, at the beginning */

struct words {
	size_t ends[4096];
	size_t n, at;
};

static bool
note(void *ctx, const char *word, size_t len)
{
	struct words *w = ctx;

	(void)word;
	assert_true(w->n < ARRAY_LEN(w->ends));
	w->ends[w->n++] = w->at += len;
	return true;
}

static void
split(const struct pretok_code *code, const struct buf *text, struct words *w)
{
	struct pretok_run run = {.fn = note, .ctx = w};
	struct err e = {0};

	w->n = w->at = 0;
	assert_true(pretok_split(code, &run, buf_str(text), text->len, &e));
	pretok_run_done(&run);
}

static uint32_t
next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	return *seed ^= *seed << 5;
}

static void
check_row(const char *name)
{
	const struct pretok *row = pretok_find(name, strlen(name));
	struct pretok plain = *row;
	struct pretok_pattern patterns[PRETOK_MAX_PATTERNS];
	struct pretok_code *with, *without;
	static struct words a, b;
	struct err e = {0};
	uint32_t seed = 1;
	bool has_rules = false;

	for (int i = 0; i < PRETOK_MAX_PATTERNS && row->patterns[i]; i++) {
		patterns[i] = (struct pretok_pattern){row->patterns[i]->regex, NULL};
		plain.patterns[i] = &patterns[i];
		has_rules = has_rules || row->patterns[i]->ascii;
	}
	assert_true(has_rules);
	with = pretok_compile(row, &e);
	without = pretok_compile(&plain, &e);
	assert_true(with && without);
	for (int i = 0; i < 4000; i++) {
		struct buf text = {0};
		size_t n = next(&seed) % 24, pool = i % 2 ? ARRAY_LEN(bits) : N_ASCII;

		for (size_t k = 0; k < n; k++)
			buf_add_str(&text, bits[next(&seed) % pool]);
		if (i % 7 == 0)
			buf_add_char(&text, '\0');
		split(with, &text, &a);
		split(without, &text, &b);
		if (a.n != b.n || memcmp(a.ends, b.ends, a.n * sizeof *a.ends) != 0)
			fail_msg("%s cuts \"%s\" in another way", name, buf_str(&text));
		buf_done(&text);
	}
	pretok_code_free(with);
	pretok_code_free(without);
}

static void
words_are_those_of_the_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(rows[i]);
}

/* Without this the test above would pass with rules that never say anything. */
static void
ascii_text_needs_no_pattern(void **state)
{
	static const struct ascii_rules *const all[] = {
		&ascii_gpt2, &ascii_cl100k, &ascii_qwen2, &ascii_o200k, &ascii_tekken, &ascii_seed,
	};
	static const char text[] = "It's 1024 words, HTTPServer(foo);\n\n\treturn  a->b / 'x';";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (size_t at = 0, n; at < sizeof text - 1; at += n) {
			n = ascii_word(all[i], text + at, sizeof text - 1 - at);
			assert_true(n > 0 && n <= sizeof text - 1 - at);
		}
	assert_int_equal(ascii_word(&ascii_cl100k, "caf\xc3\xa9", 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_the_patterns),
		cmocka_unit_test(ascii_text_needs_no_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
