/* What MODEL means: what resolve.h promises, and the badges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registry/badge.h"
#include "registry/resolve.h"
#include "registry/variant.h"
#include "tests/data/place.h"
#include "tests/data/put.h"

static char folder[32], root[64];
static struct catalog *catalog;
static unsigned char bytes[2000];

static void
add_model(const char *registry, const char *id, const char *files)
{
	struct buf text = {0}, path = {0};
	struct err e = {0};

	buf_printf(&text, "{\"format\": 1, \"id\": \"%s\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"toy\"%s%s}", id,
	    *files ? ", \"files\": " : "", files);
	buf_printf(&path, "models/toy/%s/entry.json", id);
	if (!catalog_add(catalog, registry, path.data, text.data, text.len, &e))
		fail_msg("%s", e.text);
	buf_done(&text);
	buf_done(&path);
}

#define FROM "\"sources\": [{\"hub\": \"a/b\"}]"

/* Every case in an empty directory of its own. */
static int
begin(void **state)
{
	char hex[DIGEST_HEX_MAX], files[600];
	unsigned char sha256[DIGEST_SHA256_SIZE];

	(void)state;
	place_make(folder);
	snprintf(root, sizeof root, "%s/store", folder);
	put_fill(bytes, sizeof bytes, 7);
	put_sha256(bytes, 1000, sha256);
	digest_hex(hex, sha256, sizeof sha256);
	catalog = catalog_new();
	snprintf(files, sizeof files, "[{\"name\": \"a-Q8_0.gguf\", \"quant\": \"Q8_0\", \"size\": 2000000000, " FROM "},"
	    "{\"name\": \"a-Q4_0.gguf\", \"quant\": \"Q4_0\", \"size\": 1000, \"sha256\": \"%s\", " FROM "}]", hex);
	add_model(CATALOG_BUILTIN, "toy-1b", files);
	add_model(CATALOG_BUILTIN, "both", "");
	add_model("acme", "both", "");
	add_model("acme", "own", files);
	add_model(CATALOG_BUILTIN, "shards", "[{\"name\": \"s-00001-of-00002.gguf\", " FROM "},"
	    "{\"name\": \"s-00002-of-00002.gguf\", " FROM "}]");
	add_model(CATALOG_BUILTIN, "dir", "[{\"name\": \"model-00001-of-00002.safetensors\", " FROM "},"
	    "{\"name\": \"model-00002-of-00002.safetensors\", " FROM "}, {\"name\": \"x.gguf\", \"quant\": \"F16\", " FROM "}]");
	return chdir(folder);
}

static int
end(void **state)
{
	(void)state;
	catalog_free(catalog);
	place_remove(folder);
	return chdir("/");
}

static struct resolved
look(const char *name, struct store *s, uint64_t memory)
{
	struct resolve_from from = {.catalog = catalog, .store = s, .memory_bytes = memory};
	struct resolved r;
	struct err e = {0};

	if (!resolve(&from, name, &r, &e))
		fail_msg("%s: %s", name, e.text);
	return r;
}

static void
expect_path(const char *name)
{
	struct resolved r = look(name, NULL, 0);

	assert_int_equal(r.kind, RESOLVE_PATH);
	assert_string_equal(r.path.data, name);
	resolve_done(&r);
}

static void
expect_known(const char *name, const char *in, const char *quant)
{
	struct resolved r = look(name, NULL, 0);

	assert_int_equal(r.kind, RESOLVE_KNOWN);
	assert_string_equal(r.folder, in);
	if (quant)
		assert_string_equal(r.file->quant, quant);
	resolve_done(&r);
}

static void
expect_error(struct store *s, const char *name, enum err_kind kind, const char *says)
{
	struct resolve_from from = {.catalog = catalog, .store = s};
	struct resolved r;
	struct err e = {0};

	if (resolve(&from, name, &r, &e) && resolve_is_here(&r, name, &e))
		fail_msg("%s is taken for %s", name, buf_str(&r.path));
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	resolve_done(&r);
}

static void
expect_file(struct store *s, const char *name, const char *file)
{
	struct resolved r = look(name, s, 0);
	struct err e = {0};

	if (!resolve_is_here(&r, name, &e))
		fail_msg("%s", e.text);
	assert_int_equal(r.kind, RESOLVE_INSTALLED);
	assert_string_equal(r.path.data + strlen(root) + strlen("/models/"), file);
	resolve_done(&r);
}

static void
put(struct store *s, const char *model, const char *file, size_t n)
{
	struct err e = {0};

	if (!put_bytes(s, model, file, bytes, n, NULL, &e))
		fail_msg("%s", e.text);
}

static void
paths_are_taken_as_they_are(void **state)
{
	(void)state;
	expect_path("missing.gguf");
	expect_path("no/such/file");
	expect_path("./guide");
	expect_path("/dev/null");
	assert_true(fs_write_atomic("there", "", 0, NULL));
	expect_path("there");
	assert_true(fs_write_atomic("Odd name:1", "", 0, NULL));
	expect_path("Odd name:1");
}

static void
names_mean_models_whatever_is_in_the_folder(void **state)
{
	(void)state;
	expect_known("toy-1b", "toy-1b", "Q8_0");
	expect_known("TOY-1B:q4_0", "toy-1b", "Q4_0");
	expect_known("toy-1b:A-q4_0.gguf", "toy-1b", "Q4_0");
	expect_known("builtin/toy-1b", "toy-1b", "Q8_0");
	expect_known("own", "acme--own", "Q8_0");
	assert_true(fs_write_atomic("toy-1b", "", 0, NULL));
	expect_known("toy-1b", "toy-1b", NULL);
	expect_error(NULL, "toy-1b", ERR_NOT_FOUND, "minnow pull toy-1b downloads it (Q8_0, 2.00 GB); what is here under that "
	    "name is ./toy-1b");
	expect_error(NULL, "toy-1b:q9", ERR_NOT_FOUND, "there is Q8_0, Q4_0");
}

static void
a_file_that_fits_is_chosen(void **state)
{
	struct resolved r = look("toy-1b", NULL, 1000000000);

	(void)state;
	assert_string_equal(r.file->quant, "Q4_0");
	resolve_done(&r);
}

static void
short_names_do_not_cross_registries(void **state)
{
	(void)state;
	expect_error(NULL, "both", ERR_USAGE, "say builtin/both or acme/both");
	expect_known("acme/both", "acme--both", NULL);
	expect_error(NULL, "acme/none", ERR_NOT_FOUND, "no model \"acme/none\"");
}

/* The same bytes, or the same place where nobody knows them, are one model in several registries: the first is meant. */
static void
copies_are_one_model(void **state)
{
	static const char one[] = "[{\"name\": \"c-Q8_0.gguf\", \"quant\": \"Q8_0\", \"size\": 9, \"sha256\": \""
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\", " FROM "}, {\"name\": \"c-Q4_0.gguf\", " FROM "}]";
	static const char other[] = "[{\"name\": \"c-Q8_0.gguf\", \"quant\": \"Q8_0\", \"size\": 9, \"sha256\": \""
	    "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\", " FROM "}, {\"name\": \"c-Q4_0.gguf\", " FROM "}]";

	(void)state;
	add_model(CATALOG_BUILTIN, "copied", one);
	add_model("acme", "copied", one);
	expect_known("copied", "copied", "Q8_0");
	expect_known("acme/copied", "acme--copied", "Q8_0");
	add_model("evil", "copied", other);
	expect_error(NULL, "copied", ERR_USAGE, "say builtin/copied or evil/copied");
	add_model("acme", "elsewhere", "[{\"name\": \"e.gguf\", " FROM "}]");
	add_model("evil", "elsewhere", "[{\"name\": \"e.gguf\", \"sources\": [{\"hub\": \"a/c\"}]}]");
	expect_error(NULL, "elsewhere", ERR_USAGE, "say acme/elsewhere or evil/elsewhere");
}

static void
other_names_are_told_what_to_do(void **state)
{
	(void)state;
	expect_error(NULL, "", ERR_NOT_FOUND, "is empty");
	expect_error(NULL, "llama-3.2-1b", ERR_NOT_FOUND, "give the path of a GGUF file or model directory");
	expect_error(NULL, "giude", ERR_NOT_FOUND, "did you mean \"guide\"?");
	expect_error(NULL, "toi-1b", ERR_NOT_FOUND, "did you mean \"toy-1b\"");
	assert_true(fs_write_atomic("qwen.gguf", "", 0, NULL));
	expect_error(NULL, "qwen", ERR_NOT_FOUND, "did you mean the file qwen.gguf?");
	expect_error(NULL, "both:q4_0", ERR_USAGE, "say builtin/both");
	expect_error(NULL, "hf:a/b", ERR_NOT_FOUND, "minnow pull hf:a/b");
	expect_error(NULL, "acme/both", ERR_NOT_FOUND, "no file that can be downloaded");
}

static void
what_is_installed_is_opened(void **state)
{
	struct store *s = store_open(root, NULL);

	(void)state;
	put(s, "toy-1b", "a-Q4_0.gguf", 1000);
	expect_file(s, "toy-1b", "toy-1b/a-Q4_0.gguf");
	expect_file(s, "Toy-1B:q4_0", "toy-1b/a-Q4_0.gguf");
	expect_error(s, "toy-1b:q8_0", ERR_NOT_FOUND, "minnow pull toy-1b:q8_0");
	/* Of a registry's own, and of nobody's. */
	put(s, "acme--own", "a-Q4_0.gguf", 1000);
	expect_file(s, "own", "acme--own/a-Q4_0.gguf");
	expect_file(s, "acme--own", "acme--own/a-Q4_0.gguf");
	put(s, "mine", "b.Q5_K_M.gguf", 900);
	put(s, "mine", "a.Q8_0.gguf", 901);
	expect_file(s, "mine", "mine/a.Q8_0.gguf");
	expect_file(s, "mine:q5_k_m", "mine/b.Q5_K_M.gguf");
	put(s, "mine", "plain.gguf", 903);
	expect_error(s, "mine:q5_k", ERR_NOT_FOUND, "mine is on this machine, but not in the format \"q5_k\"; there is Q8_0, Q5_K_M, "
	    "plain.gguf");
	/* A name that is here is no longer in question. */
	put(s, "both", "c.gguf", 902);
	expect_file(s, "both", "both/c.gguf");
	store_close(s);
}

static void
what_is_not_whole_is_not_there(void **state)
{
	struct store *s = store_open(root, NULL);

	(void)state;
	put(s, "shards", "s-00001-of-00002.gguf", 800);
	expect_error(s, "shards", ERR_NOT_FOUND, "minnow pull shards");
	put(s, "shards", "s-00002-of-00002.gguf", 801);
	expect_file(s, "shards", "shards/s-00001-of-00002.gguf");
	put(s, "dir", "model-00001-of-00002.safetensors", 802);
	expect_error(s, "dir", ERR_NOT_FOUND, "minnow pull dir");
	put(s, "dir", "model-00002-of-00002.safetensors", 803);
	expect_file(s, "dir", "dir");
	store_close(s);
}

static void
a_file_that_changed_is_not_opened(void **state)
{
	struct store *s = store_open(root, NULL);
	struct buf path = {0};
	FILE *f;

	(void)state;
	put(s, "toy-1b", "a-Q4_0.gguf", 1000);
	assert_true(store_path(s, "toy-1b", "a-Q4_0.gguf", &path, NULL));
	assert_int_equal(chmod(path.data, 0600), 0);
	f = fopen(path.data, "r+");
	assert_true(f && fputc('x', f) != EOF && fclose(f) == 0);
	expect_error(s, "toy-1b", ERR_VERIFY, "minnow verify toy-1b");
	buf_done(&path);
	store_close(s);
}

static enum badge
badge_in(struct store *s, const char *model, const char *file)
{
	struct store_seen seen;

	assert_true(store_look(s, model, file, &seen, NULL));
	return badge_of(catalog, model, &seen);
}

static void
badges_tell_where_bytes_come_from(void **state)
{
	struct store *s = store_open(root, NULL);

	(void)state;
	put(s, "toy-1b", "a-Q4_0.gguf", 1000);
	put(s, "acme--own", "a-Q4_0.gguf", 1000);
	put(s, "mine", "b.gguf", 1000);
	put(s, "mine", "c.gguf", 999);
	assert_int_equal(badge_in(s, "toy-1b", "a-Q4_0.gguf"), BADGE_REGISTRY);
	assert_int_equal(badge_in(s, "acme--own", "a-Q4_0.gguf"), BADGE_SIGNED);
	assert_int_equal(badge_in(s, "mine", "b.gguf"), BADGE_HASH_KNOWN);
	assert_int_equal(badge_in(s, "mine", "c.gguf"), BADGE_UNVERIFIED);
	store_close(s);
}

static void
quants_are_words_of_a_name(void **state)
{
	(void)state;
	assert_true(variant_names_quant("Qwen3-0.6B-Q4_K_M.gguf", "q4_k_m"));
	assert_false(variant_names_quant("Qwen3-0.6B-Q4_K_M.gguf", "q4_k"));
	assert_false(variant_names_quant("Qwen3-0.6B-IQ4_XS.gguf", "q4_xs"));
	assert_false(variant_names_quant("a.gguf", ""));
	assert_true(variant_same_shards("m-00001-of-00003.gguf", "m-00003-of-00003.gguf"));
	assert_false(variant_same_shards("m-00001-of-00003.gguf", "m-00001-of-00002.gguf"));
	assert_false(variant_same_shards("m-00001-of-00003.gguf", "n-00001-of-00003.gguf"));
	assert_false(variant_is_later_shard("-00002-of-00003"));
}

/* A test program is not beside the guide: the answer is the file or a sentence that says where it was looked for. */
static void
the_guide_is_looked_for_beside_the_program(void **state)
{
	struct buf path = {0};
	struct err e = {0};

	(void)state;
	if (resolve_guide(&path, &e)) {
		assert_true(fs_exists(path.data));
	} else {
		assert_int_equal(e.kind, ERR_NOT_FOUND);
		assert_non_null(strstr(e.text, "share/minnow/guide"));
	}
	buf_done(&path);
}

/* ---- what is kept with a model ---- */

static const char kept_text[] = "{\"accepted\": true, \"card\": \"# A\", \"date\": 5, \"format\": 1, \"registry\": \"acme\","
    "\"entry\": {\"format\": 1, \"id\": \"a\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"toy\","
    "\"license\": \"MIT\", \"template\": \"chatml\"}}";

static void
what_is_kept_is_read_back(void **state)
{
	struct store *s = store_open(root, NULL);
	struct kept k, again;
	struct err e = {0};
	bool missing;

	(void)state;
	assert_true(kept_parse(&k, kept_text, strlen(kept_text), &e));
	assert_false(kept_read(s, "a", &again, &missing, NULL));
	assert_true(missing);
	for (k.date = 5; k.date < 7; k.date++) {
		assert_true(kept_save(s, "a", &k, &e));
		assert_true(kept_read(s, "a", &again, &missing, &e));
		assert_true(again.accepted);
		assert_string_equal(again.card, "# A");
		assert_string_equal(again.entry.license, "MIT");
		assert_int_equal(again.date, k.date);
		kept_done(&again);
	}
	assert_int_equal(put_trust(s, "a", KEPT_FILE), STORE_VERIFIED);
	kept_done(&k);
	store_close(s);
}

static void
changes_of_licence_and_template_are_told(void **state)
{
	struct kept a, b;
	struct buf out = {0};

	(void)state;
	assert_true(kept_parse(&a, kept_text, strlen(kept_text), NULL));
	assert_true(kept_parse(&b, kept_text, strlen(kept_text), NULL));
	assert_int_equal(kept_changes(&a.entry, &b.entry, &out), 0);
	free(b.entry.license);
	b.entry.license = NULL;
	b.entry.template[0] = 'C';
	assert_int_equal(kept_changes(&a.entry, &b.entry, &out), 2);
	assert_string_equal(out.data, "licence: was MIT, is not told\nchat format: was chatml, is Chatml\n");
	buf_done(&out);
	kept_done(&a);
	kept_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_are_taken_as_they_are, begin, end),
		cmocka_unit_test_setup_teardown(names_mean_models_whatever_is_in_the_folder, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_fits_is_chosen, begin, end),
		cmocka_unit_test_setup_teardown(short_names_do_not_cross_registries, begin, end),
		cmocka_unit_test_setup_teardown(copies_are_one_model, begin, end),
		cmocka_unit_test_setup_teardown(other_names_are_told_what_to_do, begin, end),
		cmocka_unit_test_setup_teardown(what_is_installed_is_opened, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_whole_is_not_there, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_changed_is_not_opened, begin, end),
		cmocka_unit_test_setup_teardown(badges_tell_where_bytes_come_from, begin, end),
		cmocka_unit_test(quants_are_words_of_a_name),
		cmocka_unit_test(the_guide_is_looked_for_beside_the_program),
		cmocka_unit_test_setup_teardown(what_is_kept_is_read_back, begin, end),
		cmocka_unit_test_setup_teardown(changes_of_licence_and_template_are_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
