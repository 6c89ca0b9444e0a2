/* Entries: what is read is what is written, and nothing that could mislead a person or leave its folder is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "registry/check.h"
#include "registry/entry.h"

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define RANGE "000102030405060708090a0b0c0d0e0f"

static const char canonical[] =
	"{\n"
	"  \"arch\": \"qwen3\",\n"
	"  \"context\": 40960,\n"
	"  \"family\": \"qwen\",\n"
	"  \"files\": [\n"
	"    {\n"
	"      \"name\": \"Tiny-Q4_0.gguf\",\n"
	"      \"quant\": \"Q4_0\",\n"
	"      \"ranges\": [\n"
	"        \"" RANGE "\",\n"
	"        \"" RANGE "\"\n"
	"      ],\n"
	"      \"sha256\": \"" SHA "\",\n"
	"      \"size\": 67108865,\n"
	"      \"sources\": [\n"
	"        {\n"
	"          \"hub\": \"Owner/Tiny-GGUF\",\n"
	"          \"path\": \"q4/Tiny-Q4_0.gguf\",\n"
	"          \"revision\": \"" COMMIT "\"\n"
	"        },\n"
	"        {\n"
	"          \"url\": \"https://mirror.example:8443/a/Tiny-Q4_0.gguf\"\n"
	"        }\n"
	"      ]\n"
	"    },\n"
	"    {\n"
	"      \"name\": \"mmproj.gguf\",\n"
	"      \"role\": \"projector\",\n"
	"      \"sources\": [\n"
	"        {\n"
	"          \"hub\": \"Owner/Tiny-GGUF\"\n"
	"        }\n"
	"      ]\n"
	"    }\n"
	"  ],\n"
	"  \"format\": 1,\n"
	"  \"id\": \"tiny-0.1b\",\n"
	"  \"languages\": [\n"
	"    \"en\",\n"
	"    \"mul\"\n"
	"  ],\n"
	"  \"license\": \"Apache-2.0\",\n"
	"  \"name\": \"Tiny 0.1B\",\n"
	"  \"params\": 100000000,\n"
	"  \"parent\": \"big-1b\",\n"
	"  \"relation\": \"distillation\",\n"
	"  \"released\": \"2025-04-29\",\n"
	"  \"summary\": \"A tiny model, für kurze Sätze, 한국어도.\",\n"
	"  \"thinking\": \"switchable\"\n"
	"}\n";

static void
an_entry_is_read_and_written_back(void **state)
{
	struct entry en;
	struct buf out = {0};
	struct err e = {0};

	(void)state;
	if (!entry_parse(&en, canonical, strlen(canonical), &e))
		fail_msg("%s", e.text);
	assert_string_equal(en.id, "tiny-0.1b");
	assert_string_equal(en.arch, "qwen3");
	assert_int_equal(en.n_params, 100000000);
	assert_int_equal(en.n_ctx, 40960);
	assert_int_equal(en.languages.n, 2);
	assert_null(en.generation);
	assert_int_equal(en.n_files, 2);
	assert_true(en.files[0].has_sha256);
	assert_int_equal(en.files[0].sha256[1], 0x11);
	assert_int_equal(en.files[0].n_ranges, 2);
	assert_int_equal(en.files[0].ranges[1][15], 15);
	assert_int_equal(en.files[0].n_sources, 2);
	assert_string_equal(en.files[0].sources[0].path, "q4/Tiny-Q4_0.gguf");
	assert_int_equal(en.files[0].sources[1].kind, ENTRY_URL);
	assert_int_equal(en.files[1].role, ENTRY_PROJECTOR);
	assert_string_equal(en.files[1].sources[0].path, "mmproj.gguf");
	assert_null(en.files[1].sources[0].revision);
	assert_int_equal(en.files[1].size, 0);
	entry_write(&en, &out);
	assert_string_equal(buf_str(&out), canonical);
	buf_done(&out);
	entry_done(&en);
}

static void
weights_are_found_by_their_quantization(void **state)
{
	struct entry en;

	(void)state;
	assert_true(entry_parse(&en, canonical, strlen(canonical), NULL));
	assert_ptr_equal(entry_find_file(&en, NULL), &en.files[0]);
	assert_ptr_equal(entry_find_file(&en, "q4_0"), &en.files[0]);
	assert_null(entry_find_file(&en, "q8_0"));
	entry_done(&en);
}

/* The canonical entry with the first FROM replaced by TO. */
static void
replace(struct buf *out, const char *from, const char *to)
{
	const char *at = strstr(canonical, from);

	assert_non_null(at);
	buf_clear(out);
	buf_add(out, canonical, (size_t)(at - canonical));
	buf_add_str(out, to);
	buf_add_str(out, at + strlen(from));
}

static void
expect_refusal(const char *from, const char *to, const char *says)
{
	struct buf text = {0};
	struct err e = {0};
	struct entry en;

	replace(&text, from, to);
	if (entry_parse(&en, text.data, text.len, &e))
		fail_msg("%s was read", to);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	assert_null(strchr(e.text, '\n'));
	assert_null(en.id);
	assert_null(en.files);
	buf_done(&text);
}

static void
every_member_is_checked(void **state)
{
	(void)state;
	expect_refusal("\"format\": 1", "\"format\": 2", "reads format 1");
	expect_refusal("\"format\": 1,", "", "\"format\" is missing");
	expect_refusal("\"id\": \"tiny-0.1b\",", "", "\"id\" is missing");
	expect_refusal("\"id\": \"tiny-0.1b\"", "\"id\": 7", "\"id\" is no string");
	expect_refusal("\"parent\"", "\"parrent\"", "no member \"parrent\"");
	expect_refusal("\"parent\"", "\"\\u001b[31m\"", "a member has a name that is none of this format");
	expect_refusal("\"big-1b\"", "\"tiny-0.1b\"", "the model itself");
	expect_refusal("2025-04-29", "2025-13-29", "\"released\": is no date");
	expect_refusal("\"switchable\"", "\"sometimes\"", "\"thinking\" is none of: none always switchable");
	expect_refusal("\"switchable\"", "\"none always\"", "\"thinking\" is none of");
	expect_refusal("\"mul\"", "\"en\"", "\"languages\" has \"en\" twice");
	expect_refusal("\"mul\"", "\"English\"", "\"languages\"");
	expect_refusal("40960", "40960.5", "\"context\" is no whole number");
	expect_refusal("40960", "-1", "\"context\" is no whole number");
	expect_refusal("\"params\": 100000000", "\"params\": 1, \"params_active\": 2", "more than \"params\"");
	expect_refusal("\"projector\"", "\"pickle\"", "\"role\" is none of");
	expect_refusal("\"params\"", "\"context\"", "no valid JSON");		/* a member twice */
	expect_refusal("\n}\n", "\n}\n}", "no valid JSON in line");
}

/* T5: what steers a model is hashed in the same entry as its weights. */
static void
a_template_comes_with_its_hash(void **state)
{
	(void)state;
	expect_refusal("\"role\": \"projector\"", "\"role\": \"template\"", "file mmproj.gguf: a template needs \"sha256\"");
	expect_refusal("\"role\": \"projector\"", "\"role\": \"tokenizer\", \"sha256\": \"" SHA "\"",
	    "a tokenizer needs \"sha256\" and \"size\"");
	expect_refusal("mmproj.gguf", "TINY-q4_0.GGUF", "there are two files TINY-q4_0.GGUF");
}

/* T6: no size that could fill a disk, and a limit where none is told. */
static void
sizes_are_bounded(void **state)
{
	struct entry en;

	(void)state;
	expect_refusal("67108865", "549755813889", "\"size\" is no whole number from 1 to 549755813888");
	expect_refusal("67108865", "18446744073709551615", "no valid JSON");
	expect_refusal("67108865", "0", "\"size\" is no whole number");
	expect_refusal("67108865", "67108864", "has 2 \"ranges\"; 67108864 bytes in ranges of 64 MiB have 1");
	expect_refusal("\"size\": 67108865,", "", "0 bytes");
	assert_true(entry_parse(&en, canonical, strlen(canonical), NULL));
	assert_int_equal(entry_file_limit(&en, &en.files[0]), 67108865);
	assert_true(entry_file_limit(&en, &en.files[1]) == ENTRY_FILE_SIZE_MAX);
	en.files[0].size = 0;
	assert_int_equal(entry_file_limit(&en, &en.files[0]), 500000000 + (1 << 30));
	en.n_params = 1000000000000000;
	assert_true(entry_file_limit(&en, &en.files[0]) == ENTRY_FILE_SIZE_MAX);
	entry_done(&en);
}

static void
too_much_is_refused_before_it_is_read(void **state)
{
	struct buf text = {0};
	struct err e = {0};
	struct entry en;

	(void)state;
	while (text.len <= ENTRY_BYTES_MAX)
		buf_add_str(&text, "[[[[[[[[[[[[[[[[");
	assert_false(entry_parse(&en, text.data, text.len, &e));
	assert_non_null(strstr(e.text, "at most 262144 are allowed"));
	assert_false(entry_parse(&en, text.data, 100000, &e));
	assert_non_null(strstr(e.text, "no valid JSON"));
	buf_clear(&text);
	buf_add_str(&text, "\"sources\": [");
	for (int i = 0; i < 9; i++)
		buf_printf(&text, "{\"url\": \"https://a.example/%d.gguf\"},", i);
	expect_refusal("\"sources\": [", buf_str(&text), "\"sources\" has 11 elements; at most 8 are allowed");
	buf_done(&text);
}

/* T8: ids that look like others. */
static void
look_alike_letters_are_refused(void **state)
{
	(void)state;
	expect_refusal("tiny-0.1b", "t\xd1\x96ny-0.1b", "\"id\": has U+0456, which only looks like \"i\"");
	expect_refusal("tiny-0.1b", "tiny\xe2\x80\x90" "0.1b", "only looks like \"-\"");
	expect_refusal("tiny-0.1b", "Tiny-0.1b", "\"id\": has a \"T\"");
	expect_refusal("\"qwen\"", "\"qw\xd0\xb5n\"", "\"family\": has U+0435, which only looks like \"e\"");
	expect_refusal("Tiny 0.1B", "Tin\xd1\x83 0.1B", "\"name\": has U+0443");
	expect_refusal("Owner/Tiny-GGUF", "\xd0\x9ewner/Tiny-GGUF", "has U+041E");
	expect_refusal("A tiny model", "A t\xd1\x96ny model", "\"summary\": mixes Latin letters");
	expect_refusal("A tiny model", "A \xe2\x80\xaetiny model", "\"summary\": has U+202E");
	expect_refusal("A tiny model", "A \\u001b]52;c;\\u0007 model", "\"summary\": has U+001B");
	expect_refusal("mirror.example", "xn--mirror-9cd.example", "letters outside ASCII");
}

static void
ids_that_people_would_confuse_have_one_skeleton(void **state)
{
	static const char *const same[][2] = {
		{"qwen3-0.6b", "qwen3-o.6b"}, {"llama-3.1", "l1ama-3.l"}, {"gemma", "gernma"}, {"phi_4", "ph1-4"},
	};
	struct buf a = {0}, b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		entry_id_skeleton(&a, same[i][0]);
		entry_id_skeleton(&b, same[i][1]);
		assert_string_equal(buf_str(&a), buf_str(&b));
	}
	entry_id_skeleton(&a, "qwen3-1.7b");
	entry_id_skeleton(&b, "qwen3-17b");
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	buf_done(&a);
	buf_done(&b);
}

/* T14: names that leave the folder or mean something else on another system. */
static void
path_tricks_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"../mmproj.gguf", "without folders"}, {"a/b.gguf", "without folders"}, {"..", "begins with a \".\""},
		{".mmproj.gguf", "begins with a \".\""}, {"-mmproj.gguf", "begins with a \"-\""}, {"a\\\\b.gguf", "has a \"\\\""},
		{"a:b.gguf", "has a \":\""}, {"mmproj.gguf.", "ends with a dot"}, {"CON.gguf", "a device"},
		{"lpt1.gguf", "a device"}, {"a\\u0000.gguf", "no valid JSON"}, {"a\\n.gguf", "has U+000A"},
		{"mmproj.sh", "ends in none of"}, {"weights.bin", "ends in none of"}, {"gguf", "ends in none of"}, {"", "is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect_refusal("mmproj.gguf", bad[i][0], bad[i][1]);
	expect_refusal("q4/Tiny-Q4_0.gguf", "q4/../../Tiny-Q4_0.gguf", "begins with a \".\"");
	expect_refusal("q4/Tiny-Q4_0.gguf", "/etc/Tiny-Q4_0.gguf", "empty part");
	expect_refusal("q4/Tiny-Q4_0.gguf", "q4//Tiny-Q4_0.gguf", "empty part");
	expect_refusal("q4/Tiny-Q4_0.gguf", "q4/Tiny-Q4_0.gguf/", "empty part");
	expect_refusal("Owner/Tiny-GGUF", "Owner/Tiny-GGUF/more", "OWNER/NAME");
	expect_refusal("Owner/Tiny-GGUF", "Owner/..", "two dots");
	expect_refusal("Owner/Tiny-GGUF", "Owner", "OWNER/NAME");
	expect_refusal(COMMIT, "main", "no commit");
	expect_refusal(SHA, "00", "64 hexadecimal digits");
	expect_refusal(RANGE, SHA, "range 1: is not 32 hexadecimal digits");
}

static void
addresses_are_plain(void **state)
{
	static const char *const good[] = {
		"https://a.example/x.gguf", "https://a.example:1/b%20c/x.gguf?download=true", "file:///tmp/x.gguf",
	};
	static const char *const bad[][2] = {
		{"http://a.example/x.gguf", "neither https:// nor file:///"}, {"ftp://a/x", "neither"}, {"file://host/x", "neither"},
		{"https://user@a.example/x", "has a \"@\""}, {"https://a.example\\\\@b/x", "has a \"\\\""}, {"https:///x", "no host"},
		{"https://a.example", "names no file"}, {"https://a.example/", "names no file"}, {"https://-a/x", "no host"},
		{"https://a.example:0/x", "port"}, {"https://a.example:99999/x", "port"}, {"https://a.example:/x", "port"},
		{"https://a.example/../x", "\"..\""}, {"https://a.example/b/%2E%2e/x", "hides a character"},
		{"https://a.example/%00", "hides"}, {"https://a.example/%2", "hides"}, {"https://a.example/x#y", "has a \"#\""},
		{"https://A.example/x", "has a \"A\""}, {"https://a.example/b c", "has U+0020"}, {"file:///a/../b", "\"..\""},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!check_url(good[i], &e))
			fail_msg("%s %s", good[i], e.text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect_refusal("https://mirror.example:8443/a/Tiny-Q4_0.gguf", bad[i][0], bad[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_read_and_written_back),
		cmocka_unit_test(weights_are_found_by_their_quantization),
		cmocka_unit_test(every_member_is_checked),
		cmocka_unit_test(a_template_comes_with_its_hash),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(too_much_is_refused_before_it_is_read),
		cmocka_unit_test(look_alike_letters_are_refused),
		cmocka_unit_test(ids_that_people_would_confuse_have_one_skeleton),
		cmocka_unit_test(path_tricks_are_refused),
		cmocka_unit_test(addresses_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
