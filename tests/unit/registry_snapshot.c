/* Snapshots: what is read back is what was written, search finds the same, and nothing that is damaged, of another state
 * or made up leads anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/search.h"
#include "registry/snapshot.h"
#include "registry/synced.h"

static const struct snapshot_key key = {{1, 2, 3}, {4, 5}};

static bool
add(void *c, const char *path, const char *text, size_t n, struct err *e)
{
	return catalog_add(c, CATALOG_BUILTIN, path, text, n, e);
}

/* From its files: as a snapshot is what it is in the program. */
static struct catalog *
open_builtin(void)
{
	struct catalog *c = catalog_new();
	struct err e = {0};

	if (!catalog_each_builtin(add, c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* Each model's hashes are its number. */
static void
write_snapshot(const struct catalog *c, struct buf *out)
{
	unsigned char (*hashes)[2][32];
	size_t n = 0;

	while (catalog_model_at(c, n))
		n++;
	hashes = mem_new0(n + 1, sizeof *hashes);
	for (size_t i = 0; i < n; i++)
		hashes[i][0][0] = hashes[i][1][0] = (unsigned char)(i + 1);
	snapshot_write(c, &key, (const unsigned char (*)[2][32])hashes, out);
	free(hashes);
}

static struct catalog *
through_snapshot(const struct catalog *c, const char *registry)
{
	struct catalog *out = catalog_new();
	struct buf bytes = {0};
	struct err e = {0};
	struct snapshot *s;

	write_snapshot(c, &bytes);
	s = snapshot_take(&bytes, &e);
	if (!s || !catalog_add_snapshot(out, registry, s, &e))
		fail_msg("%s", e.text);
	return out;
}

/* B, in which the registry is called REGISTRY, holds what A does. */
static void
assert_same(const struct catalog *a, const struct catalog *b, const char *registry)
{
	size_t n = 0, n_families = 0;

	for (const struct catalog_model *m; (m = catalog_model_at(a, n)); n++) {
		const struct catalog_model *k = catalog_model_at(b, n);
		struct buf x = {0}, y = {0};

		assert_non_null(k);
		entry_write(&m->entry, &x);
		entry_write(&k->entry, &y);
		assert_string_equal(x.data, y.data);
		assert_string_equal(m->card, k->card);
		assert_string_equal(k->registry, registry);
		buf_done(&x);
		buf_done(&y);
	}
	assert_null(catalog_model_at(b, n));
	for (; catalog_family_at(a, n_families); n_families++)
		assert_string_equal(catalog_family_at(a, n_families)->idea, catalog_family_at(b, n_families)->idea);
	assert_null(catalog_family_at(b, n_families));
	assert_true(n > 0 && n_families > 0);
}

static void
what_is_read_is_what_was_written(void **state)
{
	struct catalog *a = open_builtin(), *b = through_snapshot(a, "core");

	(void)state;
	assert_same(a, b, "core");
	catalog_free(a);
	catalog_free(b);
}

static void
the_program_has_its_own(void **state)
{
	struct catalog *a = open_builtin(), *b = catalog_new();
	struct err e = {0};

	(void)state;
	assert_true(catalog_add_builtin(b, &e));
	assert_same(a, b, CATALOG_BUILTIN);
	catalog_free(a);
	catalog_free(b);
}

static void
search_finds_the_same(void **state)
{
	static const char *const asked[] = {"qwen3 0.6b", "tinylama", "gemma code", "korean", "apache vision", "m 4"};
	struct catalog *a = open_builtin(), *b = through_snapshot(a, CATALOG_BUILTIN);
	struct search *s = search_new(a), *t = search_new(b);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct search_query q = {.words = &asked[i], .n_words = 1};
		struct search_hit *x, *y;
		size_t n = search_run(s, &q, &x);

		assert_true(n > 0);
		assert_int_equal(search_run(t, &q, &y), n);
		for (size_t k = 0; k < n; k++) {
			assert_string_equal(x[k].model->entry.id, y[k].model->entry.id);
			assert_int_equal(x[k].score, y[k].score);
		}
		free(x);
		free(y);
	}
	search_free(s);
	search_free(t);
	catalog_free(a);
	catalog_free(b);
}

/* The words of a snapshot are those of its own models, whatever stands before and after them. */
static void
registries_stand_side_by_side(void **state)
{
	struct catalog *a = open_builtin(), *both = open_builtin();
	struct err e = {0};
	struct buf bytes = {0};
	const char *word = "qwen3-0.6b";
	struct search_hit *hits;
	struct search *s;

	(void)state;
	write_snapshot(a, &bytes);
	assert_true(catalog_add_snapshot(both, "core", snapshot_take(&bytes, &e), &e));
	s = search_new(both);
	assert_true(search_run(s, &(struct search_query){.words = &word, .n_words = 1}, &hits) >= 2);
	assert_string_equal(hits[0].model->entry.id, "qwen3-0.6b");
	assert_string_equal(hits[1].model->entry.id, "qwen3-0.6b");
	assert_string_not_equal(hits[0].model->registry, hits[1].model->registry);
	assert_non_null(catalog_find(both, "qwen3-0.6b", &e));		/* the same files: one model */
	assert_string_equal(catalog_find(both, "core/qwen3-0.6b", &e)->registry, "core");
	free(hits);
	search_free(s);
	catalog_free(both);
	catalog_free(a);
}

static void
a_file_of_another_state_or_with_damage_is_refused(void **state)
{
	char dir[] = "/tmp/snapshot.XXXXXX", path[64];
	struct catalog *a = open_builtin();
	struct snapshot_key other = key;
	struct buf bytes = {0};
	struct snapshot *s;
	struct err e = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/snapshot", dir);
	write_snapshot(a, &bytes);
	assert_true(fs_write_atomic(path, bytes.data, bytes.len, &e));
	s = snapshot_open(path, &key, &e);
	assert_non_null(s);
	assert_int_equal(snapshot_entry_hash(s, 4)[0], 5);
	snapshot_close(s);
	s = snapshot_open(path, NULL, &e);
	assert_non_null(s);
	snapshot_close(s);
	other.commit[0]++;
	assert_null(snapshot_open(path, &other, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	for (size_t at = 90; at < bytes.len; at += bytes.len / 50) {
		bytes.data[at] ^= 1;
		assert_true(fs_write_atomic(path, bytes.data, bytes.len, &e));
		assert_null(snapshot_open(path, &key, &e));
		bytes.data[at] ^= 1;
	}
	assert_true(fs_write_atomic(path, bytes.data, bytes.len - 1, &e));
	assert_null(snapshot_open(path, &key, &e));
	assert_true(fs_write_atomic(path, bytes.data, 7, &e));
	assert_null(snapshot_open(path, &key, &e));
	unlink(path);
	rmdir(dir);
	buf_done(&bytes);
	catalog_free(a);
}

/* Even when the checksum would be right: any number that is another one is followed nowhere out of bounds. */
static void
made_up_numbers_lead_nowhere(void **state)
{
	struct catalog *a = open_builtin(), *few = catalog_new();
	struct buf bytes = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(catalog_add_known(few, "core", catalog_model_at(a, i), NULL));
	write_snapshot(few, &bytes);
	for (size_t at = 0; at + 4 <= bytes.len; at += 4) {
		uint32_t was, bad[] = {0, 1, 0x7fffffff, 0xffffffff};

		memcpy(&was, bytes.data + at, 4);
		for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
			struct snapshot *s;
			struct catalog *c = catalog_new();
			struct err e = {0};

			memcpy(bytes.data + at, &bad[i], 4);
			s = snapshot_parse(bytes.data, bytes.len, &e);
			if (!s)
				assert_true(*e.text);
			else if (catalog_add_snapshot(c, "core", s, &e))
				search_free(search_new(c));
			catalog_free(c);
		}
		memcpy(bytes.data + at, &was, 4);
	}
	buf_done(&bytes);
	catalog_free(few);
	catalog_free(a);
}

static void
changes_are_those_of_the_hashes(void **state)
{
	struct catalog *a = open_builtin();
	struct buf bytes = {0}, again = {0};
	struct synced_change *changes;
	struct snapshot *old, *new;
	struct err e = {0};

	(void)state;
	write_snapshot(a, &bytes);
	write_snapshot(a, &again);
	old = snapshot_take(&bytes, &e);
	new = snapshot_take(&again, &e);
	assert_int_equal(synced_changes(old, new, &changes), 0);
	free(changes);
	assert_int_equal(synced_changes(NULL, new, &changes), snapshot_n_models(new));
	assert_null(changes[0].before);
	free(changes);
	((unsigned char *)(uintptr_t)snapshot_card_hash(new, 3))[9] = 1;
	assert_int_equal(synced_changes(old, new, &changes), 1);
	assert_true(changes[0].card_differs && !changes[0].entry_differs);
	assert_ptr_equal(changes[0].after, snapshot_model(new, 3));
	free(changes);
	snapshot_close(old);
	snapshot_close(new);
	catalog_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_what_was_written),
		cmocka_unit_test(the_program_has_its_own),
		cmocka_unit_test(search_finds_the_same),
		cmocka_unit_test(registries_stand_side_by_side),
		cmocka_unit_test(a_file_of_another_state_or_with_damage_is_refused),
		cmocka_unit_test(made_up_numbers_lead_nowhere),
		cmocka_unit_test(changes_are_those_of_the_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
