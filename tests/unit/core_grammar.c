/* GBNF: what each construct accepts, and the sentence that each defect gets. */
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
#include "core/grammar/match.h"

static struct grammar *
open_text(const char *text)
{
	struct err e = {0};
	struct grammar *g = grammar_open_gbnf(text, strlen(text), &e);

	if (!g)
		fail_msg("%s\n%s", e.text, text);
	return g;
}

static bool
accepts(const struct grammar *g, const char *s, size_t n)
{
	struct match m;
	struct err e = {0};
	bool ok;

	if (!match_init(&m, g, &e))
		fail_msg("%s", e.text);
	ok = match_text(&m, s, n);
	assert_false(m.overflow);
	match_done(&m);
	return ok;
}

/* Texts end with NULL; an empty text is "". */
struct language {
	const char *grammar;
	const char *yes[12], *no[12];
};

static const struct language languages[] = {
	{"root ::= \"abc\"", {"abc"}, {"", "ab", "abcd", "xbc"}},
	{"root ::= \"\"", {""}, {"a"}},
	{"root ::= \"a\" | \"b\" | ", {"a", "b", ""}, {"ab", "c"}},
	{"root ::= a b\na ::= \"x\"\nb ::= \"y\"", {"xy"}, {"x", "y", "yx", "xyx"}},
	{"# comment\nroot ::= # more\n  \"a\" # end\n\n# last", {"a"}, {""}},
	{"root::=a-1 a_2 A\na-1::=\"1\"\na_2::=\"2\"\nA::=\"3\"\n", {"123"}, {"12"}},
	{"root ::= [a-cx]", {"a", "b", "c", "x"}, {"", "d", "ab"}},
	{"root ::= [^a-c\\n]", {"d", "\t", "é", "😀"}, {"a", "b", "\n", ""}},
	{"root ::= [a-]", {"a", "-"}, {"b"}},
	{"root ::= [-a]", {"a", "-"}, {"b"}},
	{"root ::= [\\[\\]^]+", {"[", "]", "^", "[]^"}, {"a"}},
	{"root ::= [^]", {"a", "\n", "ü"}, {"", "ab"}},
	{"root ::= .", {"a", "\n", "é", "€", "😀", "\xf4\x8f\xbf\xbf"}, {"", "ab", "\xc3", "\xff", "\xed\xa0\x80",
	    "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}},
	{"root ::= \"\\n\\t\\r\\\\\\\"\\[\\]\"", {"\n\t\r\\\"[]"}, {"n"}},
	{"root ::= \"\\x41\\u00e9\\U0001F600\"", {"Aé😀"}, {"A"}},
	{"root ::= \"\\xe9\"", {"é"}, {"\xe9"}},
	{"root ::= [\\u3041-\\u309f]+", {"ひらがな"}, {"カ", "a", "\xe3\x81"}},
	{"root ::= [ぁ-ゟ]", {"ぁ", "ゟ"}, {"゠"}},
	{"root ::= \"a\"*", {"", "a", "aaaaaaaa"}, {"b", "ab"}},
	{"root ::= \"ab\"+", {"ab", "abab"}, {"", "aba"}},
	{"root ::= \"a\"? \"b\"", {"b", "ab"}, {"aab", "a"}},
	{"root ::= \"a\"{3}", {"aaa"}, {"aa", "aaaa"}},
	{"root ::= \"a\"{2,}", {"aa", "aaaaa"}, {"a", ""}},
	{"root ::= \"a\"{1,3}", {"a", "aa", "aaa"}, {"", "aaaa"}},
	{"root ::= \"a\"{0,2}", {"", "a", "aa"}, {"aaa"}},
	{"root ::= \"a\"{0}", {""}, {"a"}},
	{"root ::= ( \"a\" | \"b\" ){2} \"c\"", {"abc", "bbc"}, {"ac", "abbc"}},
	{"root ::= (\"a\" \"b\"{2,3}){2,3}", {"abbabb", "abbbabbabbb"}, {"abb", "ababb", "abbabbabbabb"}},
	{"root ::= (\n  \"a\"\n  | \"b\" # or\n\n  \"c\"\n)+", {"a", "bc", "abca"}, {"b", "c", ""}},
	{"root ::= \"a\" |\n  \"b\"", {"a", "b"}, {""}},
	{"root ::= (\"a\"? \"b\"?)*", {"", "a", "b", "abba"}, {"c"}},
	{"root ::= ((\"a\"*)*)*", {"", "aaa"}, {"b"}},
	{"root ::= (\"a\" | )+ \"b\"", {"b", "ab", "aab"}, {"a"}},
	{"root ::= \"(\" root \")\" | \"x\"", {"x", "(x)", "(((x)))"}, {"", "((x)", "(x))"}},
	{"root ::= list\nlist ::= \"a\" list | \"b\"", {"b", "aaaab"}, {"a", "ba"}},
	{"root ::= a a\na ::= b b\nb ::= c c\nc ::= \"x\"?", {"", "x", "xxxxxxxx"}, {"xxxxxxxxx", "y"}},
	{"root ::= [a-z]+ \"ing\"", {"running", "inging", "aing"}, {"ing", "runnin"}},
	{"root ::= .* \"é\" .*", {"é", "aéb", "üé"}, {"ü", "a\xc3"}},
	{"root ::= [^\\x00-\\x7f]", {"é", "\xef\xbf\xbf", "\xee\x80\x80", "\xed\x9f\xbf"}, {"a", "\x7f", "\xed\xa0\x80"}},
	{"root ::= \"a\" unused-ok | \"b\"\nunused-ok ::= \"c\"\nother ::= \"d\"", {"ac", "b"}, {"d"}},
};

static void
each_construct_accepts_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
		const struct language *l = &languages[i];
		struct grammar *g = open_text(l->grammar);

		for (size_t k = 0; l->yes[k]; k++)
			if (!accepts(g, l->yes[k], strlen(l->yes[k])))
				fail_msg("refused: \"%s\"\n%s", l->yes[k], l->grammar);
		for (size_t k = 0; l->no[k]; k++)
			if (accepts(g, l->no[k], strlen(l->no[k])))
				fail_msg("accepted: \"%s\"\n%s", l->no[k], l->grammar);
		grammar_close(g);
	}
}

/* Every code point is a character, and nothing else is. */
static void
a_class_is_cut_at_the_right_characters(void **state)
{
	static const struct {
		uint32_t low, high;
	} ranges[] = {{0x41, 0x41}, {0, 0x10ffff}, {0x7f, 0x80}, {0x7ff, 0x800}, {0xffff, 0x10000}, {0x123, 0x4567},
	    {0xabcd, 0x1234f}, {0xd7ff, 0xe000}, {0x80, 0x10fffe}, {0x3ff, 0x403}};
	static const uint32_t near[] = {0, 0x40, 0x41, 0x42, 0x7e, 0x7f, 0x80, 0x81, 0x122, 0x123, 0x3fe, 0x3ff, 0x400,
	    0x403, 0x404, 0x7fe, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, 0x4566, 0x4567, 0x4568, 0xabcc, 0xabcd, 0xd7fe, 0xd7ff,
	    0xe000, 0xe001, 0xfffe, 0xffff, 0x10000, 0x10001, 0x1234e, 0x1234f, 0x12350, 0x40000, 0x10fffd, 0x10fffe,
	    0x10ffff};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		for (int negated = 0; negated < 2; negated++) {
			char text[64];
			struct grammar *g;

			if (negated && ranges[i].low == 0)
				continue;
			(void)snprintf(text, sizeof text, "root ::= [%s\\U%08X-\\U%08X]", negated ? "^" : "", ranges[i].low,
			    ranges[i].high);
			g = open_text(text);
			for (size_t k = 0; k < ARRAY_LEN(near); k++) {
				bool inside = near[k] >= ranges[i].low && near[k] <= ranges[i].high;
				struct buf c = {0};

				buf_add_utf8(&c, near[k]);
				if (accepts(g, buf_str(&c), c.len) != (inside != negated))
					fail_msg("U+%04X in %s", near[k], text);
				buf_done(&c);
			}
			grammar_close(g);
		}
	}
}

static const struct {
	const char *grammar, *sentence;
} defects[] = {
	{"", "there is no rule named root"},
	{"a ::= \"x\"", "there is no rule named root"},
	{"root ::= a\nb ::= \"x\"", "line 1, column 10: the rule a is not defined"},
	{"root = \"a\"", "line 1, column 6: expected \"::=\" after the name of the rule, found \"=\""},
	{"root", "line 1, column 5: expected \"::=\""},
	{"root ::= \"a", "line 1, column 12: expected a double quote at the end of the text, found the end"},
	{"root ::= \"a\nb\"", "column 12: expected a double quote at the end of the text, found the end of the line"},
	{"root ::= [a", "line 1, column 12: expected \"]\" at the end of the class, found the end"},
	{"root ::= []", "no character belongs to this class"},
	{"root ::= [^\\x00-\\U0010FFFF]", "line 1, column 10: no character belongs to this class"},
	{"root ::= [z-a]", "line 1, column 11: the range runs backwards"},
	{"root ::= (\"a\"", "line 1, column 14: expected \")\", \"|\" or another part, found the end"},
	{"root ::= \"a\")", "expected a part, \"|\" or the end of the line, found \")\""},
	{"root ::= \"a\" }", "found \"}\""},
	{"root ::= *", "expected a part, \"|\" or the end of the line, found \"*\""},
	{"root ::= \"a\"{}", "expected a number, found \"}\""},
	{"root ::= \"a\"{,3}", "expected a number, found \",\""},
	{"root ::= \"a\"{3", "expected \"}\" at the end of the repetition, found the end"},
	{"root ::= \"a\"{3,1}", "at least 3 and at most 1 times is never"},
	{"root ::= \"a\"{99999}", "at most 65535 is possible"},
	{"root ::= \"\\q\"", "expected one of n r t"},
	{"root ::= \"\\xg0\"", "expected two hexadecimal digits, found \"g\""},
	{"root ::= \"\\u12\"", "expected four hexadecimal digits, found a double quote"},
	{"root ::= \"\\ud800\"", "line 1, column 11: there is no character U+D800"},
	{"root ::= \"\\U00110000\"", "there is no character U+110000"},
	{"root ::= \"\xff\"", "expected UTF-8, found byte 0xff"},
	{"root ::= <think", "expected \">\" at the end of the token"},
	{"root ::= <[12>", "expected \"]>\" after the number of the token"},
	{"root ::= !a", "expected \"<\" of a token after \"!\""},
	{"root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1: the rule root is defined a second time, after line 1"},
	{"root ::= root \"a\" | \"b\"", "line 1, column 1: the rule root begins with itself (root, root)"},
	{"root ::= a\na ::= \"x\"? b\nb ::= a \"y\" | \"z\"", "begins with itself (b, a, b)"},
	{"root ::= a\na ::= (\"\" | \"q\"){2} a \"x\" | \"y\"", "line 2, column 1: the rule a begins with itself"},
	{"root ::= \"a\" root", "no text matches the rule root: every way through it goes on for ever"},
	{"root ::= \"a\" | b\nb ::= \"c\" b", "line 2, column 1: no text matches the rule b"},
	{"root ::= (((\"a\"{999}){999}){999}){999}  | r2\nr2 ::= ([a-z]+ r3){9999}\nr3 ::= (\"abc\" r4 \"d\"){60000}\n"
	    "r4 ::= (\"abc\" r5 \"d\"){60000}\nr5 ::= (\"abc\" r6 \"d\"){60000}\nr6 ::= (\"abc\" r7 \"d\"){60000}\n"
	    "r7 ::= (\"abc\" r8 \"d\"){60000}\nr8 ::= (\"abc\" r9 \"d\"){60000}\nr9 ::= (\"abc\" ra \"d\"){60000}\n"
	    "ra ::= (\"abc\" rb \"d\"){60000}\nrb ::= (\"abc\" \"d\"){60000,65000}", "too large: with its repetitions written out"},
};

static void
defects_are_told_with_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defects); i++) {
		struct err e = {0};
		struct grammar *g = grammar_open_gbnf(defects[i].grammar, strlen(defects[i].grammar), &e);

		if (g)
			fail_msg("accepted:\n%s", defects[i].grammar);
		if (!strstr(e.text, defects[i].sentence))
			fail_msg("expected: %s\nfound: %s\n%s", defects[i].sentence, e.text, defects[i].grammar);
		assert_int_equal(e.kind, ERR_FAILED);
	}
}

static void
deep_parentheses_are_refused(void **state)
{
	struct buf text = {0};
	struct err e = {0};

	(void)state;
	buf_add_str(&text, "root ::= ");
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, '(');
	assert_null(grammar_open_gbnf(text.data, text.len, &e));
	assert_non_null(strstr(e.text, "parentheses nest more than 200 deep"));
	buf_done(&text);
}

/* What nests deeper than the limit is not allowed, and what can still be closed can. */
static void
nesting_ends_at_the_limit(void **state)
{
	struct grammar *g = open_text("root ::= \"[\" root? \"]\"");
	struct match m;
	struct err e = {0};
	uint32_t at = 1;
	int depth = 0;

	(void)state;
	assert_true(match_init(&m, g, &e));
	for (uint32_t next; (next = match_next(&m, at, '[')) != MATCH_DEAD; depth++)
		at = next;
	assert_in_range(depth, 100, MATCH_MAX_DEPTH);
	for (; depth > 0; depth--) {
		assert_false(m.states[at].accepts);
		at = match_next(&m, at, ']');
		assert_int_not_equal(at, MATCH_DEAD);
	}
	assert_true(match_is_final(&m, at));
	assert_false(m.overflow);
	match_done(&m);
	grammar_close(g);
}

/* A list that ends in itself does not get deeper. */
static void
a_list_may_be_long(void **state)
{
	struct grammar *g = open_text("root ::= item more\nmore ::= \",\" root | \"\"\nitem ::= [0-9]+");
	struct buf text = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "%s%d", i ? "," : "", i);
	assert_true(accepts(g, text.data, text.len));
	buf_add_char(&text, ',');
	assert_false(accepts(g, text.data, text.len));
	buf_done(&text);
	grammar_close(g);
}

/* Too many ways to read a text end in an overflow, soon. */
static void
ambiguity_is_bounded(void **state)
{
	static const char *const grammars[] = {
		"root ::= ((\"a\"{0,900}){0,900}){0,900} \"b\"",
		"root ::= r1 \"b\"\nr1 ::= r2 r2\nr2 ::= r3 r3\nr3 ::= r4 r4\nr4 ::= r5 r5\nr5 ::= r6 r6\nr6 ::= r7 r7\nr7 ::= r8 r8\n"
		    "r8 ::= r9 r9\nr9 ::= ra ra\nra ::= rb rb\nrb ::= rc rc\nrc ::= rd rd\nrd ::= re re\nre ::= rf rf\nrf ::= \"a\"?",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(grammars); i++) {
		struct grammar *g = open_text(grammars[i]);
		struct match m;
		struct err e = {0};
		uint32_t at = 1;

		if (match_init(&m, g, &e)) {
			for (int k = 0; k < 3000 && at != MATCH_DEAD; k++)
				at = match_next(&m, at, 'a');
			assert_int_equal(at, MATCH_DEAD);
			assert_true(m.overflow);
			match_done(&m);
		} else {
			assert_non_null(strstr(e.text, "too ambiguous"));
		}
		grammar_close(g);
	}
}

static void
trimming_forgets_states_and_changes_nothing(void **state)
{
	struct grammar *g = open_text("root ::= (\"(\" root \")\" | [a-z]{0,30} \"!\")*");
	static const char text[] = "((abc!)(x!y!))(!)";
	struct match m;
	struct err e = {0};
	uint32_t at = 1;
	bool forgot;

	(void)state;
	assert_true(match_init(&m, g, &e));
	for (const char *p = text; *p; p++) {
		at = match_next(&m, at, (uint8_t)*p);
		assert_int_not_equal(at, MATCH_DEAD);
		at = match_trim(&m, at, p[0] == '(' ? 0 : 1 << 20, &forgot);
		assert_true(forgot == (p[0] == '('));
	}
	assert_true(m.states[at].accepts);
	assert_int_equal(match_next(&m, at, ')'), MATCH_DEAD);
	match_done(&m);
	grammar_close(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_construct_accepts_what_it_says),
		cmocka_unit_test(a_class_is_cut_at_the_right_characters),
		cmocka_unit_test(defects_are_told_with_their_place),
		cmocka_unit_test(deep_parentheses_are_refused),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(a_list_may_be_long),
		cmocka_unit_test(ambiguity_is_bounded),
		cmocka_unit_test(trimming_forgets_states_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
