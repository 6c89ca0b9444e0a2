/* The catalogue: the built-in registry is whole and canonical; files that do not fit together are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "registry/catalog.h"

static struct catalog *
open_builtin(void)
{
	struct catalog *c = catalog_new();
	struct err e = {0};

	if (!catalog_add_builtin(c, &e))
		fail_msg("%s", e.text);
	return c;
}

static void
the_builtin_registry_is_whole(void **state)
{
	struct catalog *c = open_builtin();
	size_t n = 0, n_files = 0, n_hashed = 0;

	(void)state;
	for (const struct catalog_model *m; (m = catalog_model_at(c, n)); n++) {
		const struct entry *en = &m->entry;

		assert_string_equal(m->registry, CATALOG_BUILTIN);
		assert_non_null(m->card);
		assert_memory_equal(m->card, "# ", 2);
		assert_non_null(catalog_find_family(c, en->family));
		if (!en->n_files && !en->weights)
			fail_msg("%s has no files and does not say why", en->id);
		for (size_t i = 0; i < en->n_files; i++, n_files++) {
			assert_non_null(strstr(en->files[i].name, ".gguf"));
			n_hashed += en->files[i].has_sha256;
		}
	}
	assert_in_range(n, 100, 1000);
	assert_in_range(n_hashed, n_files * 3 / 4, n_files);
	for (size_t i = 0; catalog_family_at(c, i); i++)
		assert_true(catalog_family_at(c, i)->first_year > 2000);
	catalog_free(c);
}

static void
its_files_are_canonical(void **state)
{
	struct catalog *c = open_builtin();

	(void)state;
	for (size_t i = 0; catalog_model_at(c, i); i++) {
		const struct entry *en = &catalog_model_at(c, i)->entry;
		struct buf path = {0}, stored = {0}, written = {0};

		buf_printf(&path, "registry/catalog/models/%s/%s/entry.json", en->family, en->id);
		assert_true(fs_read(&stored, path.data, ENTRY_BYTES_MAX, NULL));
		entry_write(en, &written);
		if (strcmp(stored.data, written.data) != 0)
			fail_msg("%s is not in canonical form", path.data);
		assert_true(stored.len < 8192);		/* it is read by people */
		buf_done(&path);
		buf_done(&stored);
		buf_done(&written);
	}
	for (size_t i = 0; catalog_family_at(c, i); i++) {
		const struct family *f = catalog_family_at(c, i);
		struct buf path = {0}, stored = {0}, written = {0};

		buf_printf(&path, "registry/catalog/models/%s/family.json", f->id);
		assert_true(fs_read(&stored, path.data, FAMILY_BYTES_MAX, NULL));
		family_write(f, &written);
		assert_string_equal(stored.data, written.data);
		buf_done(&path);
		buf_done(&stored);
		buf_done(&written);
	}
	catalog_free(c);
}

/* What is downloaded at once has to be told from another upload: a commit or a hash. */
static void
the_recommended_file_comes_first(void **state)
{
	struct catalog *c = open_builtin();
	const struct catalog_model *m = catalog_find(c, "qwen3-0.6b", NULL);

	(void)state;
	assert_non_null(m);
	assert_string_equal(entry_find_file(&m->entry, NULL)->quant, "Q8_0");
	assert_true(entry_find_file(&m->entry, "q4_k_m")->has_sha256);
	for (size_t i = 0; (m = catalog_model_at(c, i)); i++) {
		const struct entry_file *first = entry_find_file(&m->entry, NULL);

		for (size_t k = 0; first && k < m->entry.n_files; k++)
			if (m->entry.files[k].role == ENTRY_WEIGHTS && m->entry.files[k].has_sha256)
				assert_true(first->has_sha256);
	}
	catalog_free(c);
}

static bool
add(struct catalog *c, const char *registry, const char *path, const char *id, const char *family, struct err *e)
{
	struct buf text = {0};
	bool ok;

	buf_printf(&text, "{\"format\": 1, \"id\": \"%s\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"%s\"}", id, family);
	ok = catalog_add(c, registry, path, text.data, text.len, e);
	buf_done(&text);
	return ok;
}

static void
expect_refusal(struct catalog *c, const char *path, const char *id, const char *family, const char *says)
{
	struct err e = {0};

	if (add(c, "a", path, id, family, &e))
		fail_msg("%s was taken", path);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

/* T8 and T14 where entries meet. */
static void
files_that_do_not_belong_are_refused(void **state)
{
	struct catalog *c = catalog_new();
	struct err e = {0};

	(void)state;
	assert_true(add(c, "a", "models/f/qwen3-0.6b/entry.json", "qwen3-0.6b", "f", &e));
	expect_refusal(c, "models/f/qwen3-0.6b/entry.json", "qwen3-0.6b", "f", "two models qwen3-0.6b");
	expect_refusal(c, "models/f/qwen3-o.6b/entry.json", "qwen3-o.6b", "f", "qwen3-o.6b looks like qwen3-0.6b");
	expect_refusal(c, "models/f/qwen3_0.6b/entry.json", "qwen3_0.6b", "f", "looks like");
	expect_refusal(c, "models/f/other/entry.json", "third", "f", "the entry is that of third");
	expect_refusal(c, "models/g/other/entry.json", "other", "f", "in the family f");
	expect_refusal(c, "models/f/../entry.json", "x", "f", "not at models/FAMILY/ID/FILE");
	expect_refusal(c, "models/f/x/y/entry.json", "x", "f", "not at models/FAMILY/ID/FILE");
	expect_refusal(c, "/models/f/x/entry.json", "x", "f", "not at models/FAMILY/ID/FILE");
	expect_refusal(c, "models/f/x/run.sh", "x", "f", "is none of entry.json, card.md and family.json");
	expect_refusal(c, "models/f/x/\033]0;entry.json", "x", "f", "registry a: is none of");
	assert_false(catalog_add(c, "a", "models/f/x/card.md", "a\0b", 3, &e));
	assert_false(catalog_add(c, "a", "models/f/x/card.md", "\xff", 1, &e));
	assert_non_null(strstr(e.text, "no UTF-8 text"));
	assert_null(catalog_model_at(c, 1));
	catalog_free(c);
}

static void
a_name_in_two_registries_is_said_in_full(void **state)
{
	struct catalog *c = catalog_new();
	struct err e = {0};

	(void)state;
	assert_true(add(c, "core", "models/f/one/entry.json", "one", "f", &e));
	assert_true(add(c, "alice", "models/f/one/entry.json", "one", "f", &e));
	assert_true(add(c, "alice", "models/f/two/entry.json", "two", "f", &e));
	assert_null(catalog_find(c, "one", &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "say core/one or alice/one"));
	assert_string_equal(catalog_find(c, "alice/one", &e)->registry, "alice");
	assert_string_equal(catalog_find(c, "two", &e)->registry, "alice");
	assert_null(catalog_find(c, "core/two", &e));
	catalog_free(c);
}

static void
names_that_are_near_are_offered(void **state)
{
	struct catalog *c = open_builtin();
	struct err e = {0};

	(void)state;
	assert_non_null(catalog_find(c, "QWEN3-0.6B", &e));
	assert_null(catalog_find(c, "qwen-0.6b", &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.text, "\"qwen3-0.6b\""));
	assert_null(catalog_find(c, "gemma-3", &e));
	assert_non_null(strstr(e.text, "\"gemma-3-1b\""));
	assert_null(catalog_find(c, "zzzzzzzz", &e));
	assert_non_null(strstr(e.text, "minnow search"));
	catalog_free(c);
}

static void
a_pack_that_is_cut_or_no_pack_is_refused(void **state)
{
	static const char *const bad[] = {"x", "\036models/f/x/card.md", "\036\ntext", "\036../x/card.md\ntext"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct catalog *c = catalog_new();

		assert_false(catalog_add_pack(c, "a", bad[i], strlen(bad[i]), &e));
		catalog_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_builtin_registry_is_whole),
		cmocka_unit_test(its_files_are_canonical),
		cmocka_unit_test(the_recommended_file_comes_first),
		cmocka_unit_test(files_that_do_not_belong_are_refused),
		cmocka_unit_test(a_name_in_two_registries_is_said_in_full),
		cmocka_unit_test(names_that_are_near_are_offered),
		cmocka_unit_test(a_pack_that_is_cut_or_no_pack_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
