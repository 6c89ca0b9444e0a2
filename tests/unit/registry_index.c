/* Canonical text, names of files, and the index: what is read is what would be written, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/index.h"
#include "registry/path.h"

#define A64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "minnow index\nregistry core\nversion 17\ndate 2026-11-26T10:00:00Z\nexpires 2027-02-24T10:00:00Z\n"
#define FILE_LINE(path) "file " A64 " 12 " path "\n"

static void
expect_refused(const char *text, size_t n, const char *says)
{
	struct err e = {0};
	struct index *ix = index_parse(text, n, &e);

	if (ix)
		fail_msg("accepted: %.*s", (int)n, text);
	assert_int_equal(e.kind, ERR_VERIFY);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

#define REFUSED(text, says) expect_refused(text, strlen(text), says)

static void
test_round_trip(void **state)
{
	static const char text[] = HEAD FILE_LINE("README.md") FILE_LINE("models/qwen/qwen3-0.6b/card.md")
	    FILE_LINE("models/qwen/qwen3-0.6b/entry.json") FILE_LINE("root") "end\n";
	struct err e = {0};
	struct buf out = {0};
	struct index *ix = index_parse(text, strlen(text), &e);

	(void)state;
	if (!ix)
		fail_msg("%s", e.text);
	assert_string_equal(ix->registry, "core");
	assert_int_equal(ix->version, 17);
	assert_int_equal(ix->date, 1795687200);		/* date -u -d 2026-11-26T10:00:00Z +%s */
	assert_int_equal(ix->expires, 1803463200);
	assert_int_equal(ix->n_files, 4);
	assert_non_null(index_find(ix, "models/qwen/qwen3-0.6b/entry.json"));
	assert_int_equal(index_find(ix, "root")->size, 12);
	assert_int_equal(index_find(ix, "root")->sha256[1], 0x11);
	assert_null(index_find(ix, "models"));
	assert_null(index_find(ix, "zebra"));
	/* The writer sorts. */
	struct index_file first = ix->files[0];

	ix->files[0] = ix->files[3];
	ix->files[3] = first;
	assert_true(index_write(ix, &out, &e));
	assert_string_equal(out.data, text);
	buf_done(&out);
	index_free(ix);
}

static void
test_empty(void **state)
{
	struct err e = {0};
	struct index *ix = index_parse(HEAD "end\n", strlen(HEAD "end\n"), &e);

	(void)state;
	assert_non_null(ix);
	assert_int_equal(ix->n_files, 0);
	assert_null(index_find(ix, "root"));
	index_free(ix);
	REFUSED("", "line 1 is missing");
}

static void
test_canonical(void **state)
{
	static const char nul[] = HEAD "file " A64 " 12 a\0b\nend\n";

	(void)state;
	REFUSED("minnow registry\n", "expected \"minnow index\"");
	REFUSED(HEAD, "line 6 is missing");
	REFUSED(HEAD "end", "no newline");
	REFUSED(HEAD "end\n\n", "text follows");
	REFUSED(HEAD "\nend\n", "expected \"end\"");
	REFUSED(HEAD "end\r\n", "byte 0x0d");
	REFUSED("minnow index\nregistry Core\n", "no name");
	REFUSED("minnow index\nregistry -core\n", "no name");
	REFUSED("minnow index\nregistry core\nversion 017\n", "no number");
	REFUSED("minnow index\nregistry core\nversion 18446744073709551616\n", "no number");
	REFUSED("minnow index\nregistry core\nversion 1 \n", "no number");
	REFUSED("minnow index\nregistry core\nversion 1\ndate 2026-02-29T10:00:00Z\n", "no date");
	REFUSED("minnow index\nregistry core\nversion 1\ndate 2026-11-26T24:00:00Z\n", "no date");
	REFUSED("minnow index\nregistry core\nversion 1\ndate 2026-11-26 10:00:00Z\n", "no date");
	REFUSED("minnow index\nregistry core\nversion 1\ndate 2028-02-29T10:00:00Z\nexpires 2028-02-29T10:00:00Z\nend\n",
	    "expires before");
	REFUSED("minnow index\nregistry core\nversion 0\ndate 2026-11-26T10:00:00Z\nexpires 2027-02-24T10:00:00Z\nend\n",
	    "version is 0");
	REFUSED(HEAD "file " A64 " 012 a\nend\n", "size is no number");
	REFUSED(HEAD "file " A64 " 4194305 a\nend\n", "size is no number up to 4194304");
	REFUSED(HEAD "file " A64 "0 12 a\nend\n", "64 hexadecimal");
	REFUSED(HEAD "file 0A112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 12 a\nend\n", "64 hexadecimal");
	REFUSED(HEAD "file " A64 " 12 \nend\n", "0 bytes");
	REFUSED(HEAD FILE_LINE("b") FILE_LINE("a") "end\n", "must ascend");
	REFUSED(HEAD FILE_LINE("a") FILE_LINE("a") "end\n", "must ascend");
	expect_refused(nul, sizeof nul - 1, "byte 0x00");
}

static void
test_paths(void **state)
{
	static const struct { const char *path, *says; } bad[] = {
		{"/etc/passwd", "not relative"}, {"a//b", "empty part"}, {"a/", "ends with a slash"}, {"..", "begins with"},
		{"a/../b", "begins with"}, {"a/./b", "begins with"}, {".git/config", "begins with"}, {"-rf", "begins with"},
		{"a\\b", "byte 0x5c"}, {"a b", "byte 0x20"}, {"C:x", "byte 0x3a"}, {"a~1", "byte 0x7e"},
		{"qw\xd0\xb5n3", "byte 0xd0"},		/* Cyrillic е */
	};
	struct err e = {0};
	char longest[PATH_LEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (path_check(bad[i].path, strlen(bad[i].path), &e))
			fail_msg("accepted: %s", bad[i].path);
		if (!strstr(e.text, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, bad[i].says);
	}
	memset(longest, 'a', sizeof longest);
	assert_true(path_check(longest, PATH_LEN_MAX, &e));
	assert_false(path_check(longest, PATH_LEN_MAX + 1, &e));
	assert_false(path_check("a\0b", 3, &e));
}

static void
expect_pair(const char *a, const char *b, const char *says)
{
	struct path_set *s = path_set_new(2);
	struct err e = {0};
	bool ok;

	assert_true(path_set_add(s, a, strlen(a), &e));
	ok = path_set_add(s, b, strlen(b), &e);
	if (ok == (says != NULL))
		fail_msg("%s and %s: %s", a, b, ok ? "accepted" : e.text);
	if (says && !strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	path_set_free(s);
}

static void
test_collisions(void **state)
{
	(void)state;
	expect_pair("models/a/card.md", "models/A/card.md", "case");
	expect_pair("models/Ia", "models/ia", "case");
	expect_pair("a", "a/b", "folder of the other");
	expect_pair("models/qwen3-O.6b/x", "models/qwen3-0.6b/y", "look alike");
	expect_pair("models/qwen3-1b/x", "models/qwen3-lb/y", "look alike");
	expect_pair("models/Ia", "models/la", "look alike");
	expect_pair("models/gemma/x", "models/gernma/x", "look alike");
	expect_pair("models/qwen/x", "models/qvven/x", "look alike");
	expect_pair("a_b", "a-b", "look alike");
	expect_pair("models/qwen3-0.6b/x", "models/qwen3-0.6b/y", NULL);
	expect_pair("models/qwen3-4b/x", "models/qwen3-4b-base/x", NULL);
	expect_pair("phi-3", "phi-3.5", NULL);
	expect_pair("models/qwen3-17b", "models/qwen3-1.7b", NULL);
}

/* 10 000 entries of two files each are read in far less than a moment. */
static void
test_large(void **state)
{
	struct index ix = {.registry = "core", .version = 1, .date = 1795687200, .expires = 1803463200};
	char (*paths)[64] = mem_new0(20000, sizeof *paths);
	struct err e = {0};
	struct buf out = {0};
	struct index *back;
	double start;

	(void)state;
	ix.files = mem_new0(20000, sizeof *ix.files);
	ix.n_files = 20000;
	for (int i = 0; i < 20000; i++) {
		snprintf(paths[i], sizeof paths[i], "models/f%d/model-%d/%s", i / 200, i / 2, i % 2 ? "entry.json" : "card.md");
		ix.files[i].path = paths[i];
		ix.files[i].size = 700;
	}
	/* "f0" and "fo" alone would look alike: numbers do not. */
	if (!index_write(&ix, &out, &e))
		fail_msg("%s", e.text);
	start = clock_s();
	back = index_parse(out.data, out.len, &e);
	if (clock_s() - start > 1.0 + 9.0 * (getenv("TEST_SLOW") != NULL))
		fail_msg("took %.2f s", clock_s() - start);
	assert_non_null(back);
	assert_int_equal(back->n_files, 20000);
	index_free(back);
	buf_done(&out);
	free(ix.files);
	free(paths);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
