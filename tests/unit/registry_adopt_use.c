/* Models of other programs that are read, taken into use, found by name, changed behind our back, and copied. */
#define _GNU_SOURCE
#include "tests/data/adopt.h"

/* ---- reading and taking into use ---- */

struct told {
	size_t n_done, n_wrong;
	struct err last;
};

static void
done(void *arg, struct adopt_model *m, const struct err *why)
{
	struct told *t = arg;

	t->n_done++;
	if (why) {
		t->n_wrong++;
		t->last = *why;
	} else {
		assert_true(m->files[0].has_sha256);
	}
}

static struct told
hash_all(void)
{
	struct adopt_model **models = mem_new0(found.n_models, sizeof(struct adopt_model *));
	struct told t = {0};
	struct adopt_hash_options o = {.n_threads = 3, .done = done, .arg = &t};
	struct err e = {0};

	for (size_t i = 0; i < found.n_models; i++)
		models[i] = &found.models[i];
	if (!adopt_hash(models, found.n_models, &o, &e))
		fail_msg("%s", e.text);
	free(models);
	return t;
}

static void
hashes_are_computed(void **state)
{
	char hex[DIGEST_HEX_MAX], path[200];
	struct told t;

	(void)state;
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, hex);
	put_weights(".lmstudio/models/a/b/two-Q4_0-00001-of-00002.gguf", 2, NULL);
	put_weights(".lmstudio/models/a/b/two-Q4_0-00002-of-00002.gguf", 3, NULL);
	scan();
	t = hash_all();
	assert_int_equal(t.n_done, 2);
	assert_int_equal(t.n_wrong, 0);
	check_claim(find("a/b/one-Q4_0.gguf"), hex);
	/* A blob that is not what its name says. */
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", hex);
	put_weights(path, 9, NULL);
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/library/a/b", hex, hex);
	scan();
	t = hash_all();
	assert_int_equal(t.n_done, 3);
	assert_int_equal(t.n_wrong, 1);
	assert_int_equal(t.last.kind, ERR_VERIFY);
	assert_non_null(strstr(t.last.text, "Ollama"));
	/* Somebody writes it. */
	scan();
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 4, NULL);
	find("a/b/one-Q4_0.gguf")->files[0].mtime_ns ^= 1;
	t = hash_all();
	assert_int_equal(t.n_wrong, 2);
}

static void
cancelling_ends_it(void **state)
{
	atomic_bool cancel = true;
	struct told t = {0};
	struct adopt_hash_options o = {.n_threads = 2, .cancel = &cancel, .done = done, .arg = &t};
	struct adopt_model *m;
	struct err e = {0};

	(void)state;
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, NULL);
	scan();
	m = &found.models[0];
	assert_false(adopt_hash(&m, 1, &o, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_int_equal(t.n_done, 0);
}

static void
take(const char *title)
{
	struct err e = {0};

	if (!adopt_index_put(root, find(title), &e))
		fail_msg("%s", e.text);
}

static bool
resolves(const char *name, struct buf *path, struct err *e)
{
	struct catalog *c = catalog_new();
	struct resolved r;
	bool ok;

	*e = (struct err){0};
	ok = resolve(&(struct resolve_from){.catalog = c, .root = root}, name, &r, e) && resolve_is_here(&r, name, e);
	buf_clear(path);
	if (ok)
		buf_add_str(path, buf_str(&r.path));
	resolve_done(&r);
	catalog_free(c);
	return ok;
}

static void
what_is_in_use_has_a_name(void **state)
{
	struct buf path = {0};
	struct adopt_index x;
	struct err e = {0};

	(void)state;
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, NULL);
	put_weights(".lmstudio/models/a/b/one-Q8_0.gguf", 2, NULL);
	put_weights(".lmstudio/models/a/b/two-Q8_0.gguf", 3, NULL);
	scan();
	hash_all();
	assert_true(adopt_index_load(&x, root, &e));			/* no store yet */
	assert_int_equal(x.n, 0);
	assert_false(resolves("two", &path, &e));
	take("a/b/two-Q8_0.gguf");
	take("a/b/one-Q4_0.gguf");
	take("a/b/one-Q8_0.gguf");
	take("a/b/one-Q8_0.gguf");
	assert_true(adopt_index_load(&x, root, &e));
	assert_int_equal(x.n, 3);
	assert_string_equal(x.models[0].name, "one:q4_0");
	assert_string_equal(x.models[2].title, "a/b/two-Q8_0.gguf");
	assert_true(adopt_find_digest(root, x.models[1].files[0].sha256, &path));
	assert_string_equal(path.data, x.models[1].path);
	assert_true(resolves("one:q4_0", &path, &e));
	assert_string_equal(path.data, path_of(".lmstudio/models/a/b/one-Q4_0.gguf"));
	assert_true(resolves("ONE:Q8_0", &path, &e));
	assert_true(resolves("two", &path, &e));			/* the only one */
	assert_false(resolves("one", &path, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "one:q4_0, one:q8_0"));
	assert_true(adopt_index_forget(root, "one:q8_0", &e));
	assert_false(adopt_index_forget(root, "one:q8_0", &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_true(resolves("one", &path, &e));
	adopt_index_done(&x);
	buf_done(&path);
}

static void
what_changed_is_not_used(void **state)
{
	struct buf path = {0};
	struct err e;

	(void)state;
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, NULL);
	scan();
	hash_all();
	take("a/b/one-Q4_0.gguf");
	assert_true(resolves("one:q4_0", &path, &e));
	assert_int_equal(truncate(path_of(".lmstudio/models/a/b/one-Q4_0.gguf"), SIZE - 1), 0);
	assert_false(resolves("one:q4_0", &path, &e));
	assert_int_equal(e.kind, ERR_VERIFY);
	assert_non_null(strstr(e.text, "minnow import one:q4_0"));
	assert_false(adopt_find_digest(root, found.models[0].files[0].sha256, &path));
	assert_int_equal(unlink(path_of(".lmstudio/models/a/b/one-Q4_0.gguf")), 0);
	assert_false(resolves("one:q4_0", &path, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.text, "is gone"));
	/* Another file of the same name, size and time. */
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, NULL);
	assert_false(resolves("one:q4_0", &path, &e));
	buf_done(&path);
}

static void
odd_paths_come_back(void **state)
{
	static const char text[] = "minnow adopted 1\nmodel x\nfrom file a%0A%25 b\ndate 7\npath /tmp/%C3%A9\nfile 1 2 3 4 "
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /tmp/%C3%A9\nend\n";
	static const char *const bad[] = {
		"minnow adopted 2\nend\n",
		"minnow adopted 1\n",
		"minnow adopted 1\nmodel x\nend\n",
		"minnow adopted 1\nmodel ../x\nfrom file a\ndate 7\npath /a\nend\n",
		"minnow adopted 1\nmodel x\nfrom nobody a\ndate 7\npath /a\nend\n",
		"minnow adopted 1\nmodel x\nfrom file a\ndate 7\npath a\nend\n",
		"minnow adopted 1\nmodel x\nfrom file a%41\ndate 7\npath /a\nend\n",
		"minnow adopted 1\nmodel x\nfrom file a%0\ndate 7\npath /a\nend\n",
		"minnow adopted 1\nmodel x\nfrom file a%00\ndate 7\npath /a\nend\n",
	};
	struct adopt_index x;
	struct buf out = {0};
	struct err e = {0};

	(void)state;
	if (!adopt_index_parse(&x, text, sizeof text - 1, &e))
		fail_msg("%s", e.text);
	assert_string_equal(x.models[0].title, "a\n% b");
	assert_string_equal(x.models[0].path, "/tmp/\xc3\xa9");
	adopt_index_write(&x, &out);
	assert_string_equal(out.data, text);
	adopt_index_done(&x);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(adopt_index_parse(&x, bad[i], strlen(bad[i]), &e));
	buf_done(&out);
}

static void
files_that_are_named(void **state)
{
	struct adopt_model m;
	struct err e = {0};

	(void)state;
	put_weights("My Thing Q8_0.gguf", 1, NULL);
	put_weights("d/p-00001-of-00002.gguf", 2, NULL);
	put_weights("d/p-00002-of-00002.gguf", 3, NULL);
	put_weights("d/q-00001-of-00002.gguf", 4, NULL);
	put_text("text.gguf", "hello");
	put_text("hf/config.json", "{}");
	put_text("hf/model.safetensors", "x");
	if (!adopt_from_file(&m, path_of("My Thing Q8_0.gguf"), &e))
		fail_msg("%s", e.text);
	assert_string_equal(m.name, "my-thing:q8_0");
	assert_string_equal(adopt_kind_name(m.kind), "file");
	adopt_model_done(&m);
	assert_true(adopt_from_file(&m, path_of("d/p-00002-of-00002.gguf"), &e));
	assert_int_equal(m.n_files, 2);
	assert_string_equal(m.path, path_of("d/p-00001-of-00002.gguf"));
	adopt_model_done(&m);
	assert_true(adopt_from_file(&m, path_of("hf"), &e));
	assert_int_equal(m.n_files, 2);
	assert_string_equal(m.path, path_of("hf"));
	adopt_model_done(&m);
	assert_false(adopt_from_file(&m, path_of("d/q-00001-of-00002.gguf"), &e));
	assert_non_null(strstr(e.text, "only 1 of its 2 parts"));
	assert_false(adopt_from_file(&m, path_of("text.gguf"), &e));
	assert_non_null(strstr(e.text, "no GGUF"));
	assert_false(adopt_from_file(&m, path_of("d"), &e));
	assert_false(adopt_from_file(&m, path_of("nothing.gguf"), &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void
a_copy_is_verified(void **state)
{
	struct adopt_copy_options o = {0};
	struct store_seen seen;
	struct buf folder = {0};
	struct err e = {0};
	struct store *s;

	(void)state;
	put_weights(".lmstudio/models/a/b/one-Q4_0.gguf", 1, NULL);
	put_weights(".lmstudio/models/a/b/two-Q4_0.gguf", 2, NULL);
	scan();
	hash_all();
	s = store_open(root, &e);
	assert_non_null(s);
	if (!adopt_copy(s, NULL, find("a/b/one-Q4_0.gguf"), &o, &folder, &e))
		fail_msg("%s", e.text);
	assert_string_equal(folder.data, "one");
	assert_true(store_look(s, "one", "one-Q4_0.gguf", &seen, &e));
	assert_int_equal(seen.trust, STORE_VERIFIED);
	assert_int_equal(seen.size, SIZE);
	put_check_trusted(s);
	/* Its bytes change behind our back. */
	put_weights(".lmstudio/models/a/b/two-Q4_0.gguf", 3, NULL);
	assert_false(adopt_copy(s, NULL, find("a/b/two-Q4_0.gguf"), &o, &folder, &e));
	assert_int_equal(e.kind, ERR_VERIFY);
	assert_true(store_look(s, "two", "two-Q4_0.gguf", &seen, &e));
	assert_int_equal(seen.trust, STORE_ABSENT);
	store_close(s);
	buf_done(&folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
		CASE(hashes_are_computed),
		CASE(cancelling_ends_it),
		CASE(what_is_in_use_has_a_name),
		CASE(what_changed_is_not_used),
		CASE(odd_paths_come_back),
		CASE(files_that_are_named),
		CASE(a_copy_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
