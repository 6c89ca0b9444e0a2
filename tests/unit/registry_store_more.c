/* The store: several models removed at once, when bytes were used last, damage that is found in one run and repaired in
 * another, reading with several threads.
 *
 * With arguments it is a tool of the tests of commands: ROOT MODEL NAME FILE puts a file into a store, as a download would, and
 * with REGISTRY SOURCE (JSON) what is kept with it as well. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "registry/kept.h"

enum { SIZE = 9500, RANGES = 10 };
#include "tests/data/store_place.h"		/* of SIZE bytes */

static void
damage(struct place *p, const char *below, off_t at)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", p->dir, below);
	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "damage", 6, at), 6);
	close(fd);
}

/* Two names of the same bytes: each alone frees nothing, both together all of it. */
static void
names_removed_together_free_their_bytes(void **state)
{
	const struct store_name names[] = {{"tiny", NULL}, {"twin", "b.gguf"}};
	struct place *p = *state;
	struct store_plan plan;
	struct err e = {0};
	size_t n;

	put(p, "tiny", "a.gguf");
	put(p, "twin", "b.gguf");
	assert_true(store_plan_remove_names(p->s, names, 1, &plan, &e));
	assert_int_equal(plan.bytes, 0);
	store_plan_done(&plan);
	assert_true(store_plan_remove_names(p->s, names, 2, &plan, &e));
	assert_int_equal(plan.n, 3);
	assert_true(plan.bytes >= SIZE);
	assert_null(plan.items[0].others);
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	assert_int_equal(n, 3);
	store_plan_done(&plan);
	assert_false(store_plan_remove_names(p->s, names, 2, &plan, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

/* T12, T14: neither a name that leaves the store, nor one of two that is not there, lets the other go. */
static void
all_names_are_checked_before_any(void **state)
{
	const struct store_name hostile[] = {{"tiny", NULL}, {"../tiny", NULL}}, missing[] = {{"tiny", NULL}, {"none", NULL}};
	struct place *p = *state;
	struct store_plan plan;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	assert_false(store_plan_remove_names(p->s, hostile, 2, &plan, &e));
	assert_int_equal(plan.n, 0);
	assert_false(store_plan_remove_names(p->s, missing, 2, &plan, &e));
	assert_int_equal(plan.n, 0);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
}

static void
the_last_use_is_of_the_bytes(void **state)
{
	struct place *p = *state;
	struct store_list list;
	struct store_plan plan;
	struct err e = {0};
	char path[200], hex[DIGEST_HEX_MAX];
	size_t n;

	put(p, "tiny", "a.gguf");
	put(p, "twin", "b.gguf");
	assert_true(store_list(p->s, &list, &e));
	assert_int_equal(list.n, 2);
	assert_int_equal(list.files[0].used, 0);
	store_list_done(&list);

	store_touch(p->s, p->sha256);
	digest_hex(hex, p->sha256, sizeof p->sha256);
	snprintf(path, sizeof path, "%s/used/%s", p->dir, hex);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){{1234567, 0}, {1234567, 0}}, 0), 0);
	assert_true(store_list(p->s, &list, &e));
	assert_int_equal(list.files[0].used, 1234567);
	assert_int_equal(list.files[1].used, 1234567);
	store_list_done(&list);

	assert_true(store_plan_gc(p->s, true, &plan, &e));
	assert_int_equal(plan.n, 0);
	store_plan_done(&plan);
	assert_true(store_plan_remove_names(p->s, (struct store_name[]){{"tiny", NULL}, {"twin", NULL}}, 2, &plan, &e));
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	store_plan_done(&plan);
	assert_int_equal(access(path, F_OK), -1);

	store_touch(p->s, p->sha256);			/* by one who still has it open */
	assert_true(store_plan_gc(p->s, true, &plan, &e));
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.items[0].kind, STORE_ITEM_LEFT);
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	store_plan_done(&plan);
	assert_int_equal(access(path, F_OK), -1);
}

static void
check_damage(struct place *p, size_t n, bool read_all)
{
	struct store_verify_options o = {0};
	struct store_report report;
	struct err e = {0};

	if (!store_verify(p->s, "tiny", "a.gguf", &o, &report, &e))
		fail_msg("%s", e.text);
	assert_int_equal(report.whole, n == 0);
	assert_int_equal(report.n_damaged, n);
	assert_int_equal(report.read_all, read_all);
	store_report_done(&report);
}

/* What one run found the next one still knows, and repairs range by range. */
static void
damage_is_repaired_in_a_later_run(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct store_part part;
	struct err e = {0};
	bool have;

	put(p, "tiny", "a.gguf");
	damage(p, "models/tiny/a.gguf", 1500);
	damage(p, "models/tiny/a.gguf", 9100);
	for (int i = 0; i < 2; i++) {
		check_damage(p, 2, false);
		assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_CHANGED);
		store_close(p->s);
		p->s = store_open(p->dir, &e);
		assert_non_null(p->s);
	}
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_true(store_repair(p->s, "tiny", "a.gguf", &report, &part, &have, &e));
	assert_false(have);
	assert_int_equal(part_n_bytes(&part.part), SIZE - 1500);
	assert_true(put_ranges(&part, p->data, NULL, &e));
	assert_true(store_part_commit(&part, report.sha256, false, "tiny", "a.gguf", &e));
	store_report_done(&report);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	assert_true(put_has(p->s, "tiny", "a.gguf", p->data, SIZE));
	check_damage(p, 0, false);
}

/* Bytes that were mended by hand are trusted again, after all of them were read. */
static void
damage_that_went_away_is_none(void **state)
{
	struct place *p = *state;
	char path[200];
	int fd;

	put(p, "tiny", "a.gguf");
	damage(p, "models/tiny/a.gguf", 1500);
	check_damage(p, 1, false);
	snprintf(path, sizeof path, "%s/models/tiny/a.gguf", p->dir);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, p->data, SIZE, 0), SIZE);
	close(fd);
	check_damage(p, 0, true);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
}

/* However many threads read, the same ranges are damaged. */
static void
threads_find_the_same(void **state)
{
	struct place *p = *state;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	damage(p, "models/tiny/a.gguf", 1);
	damage(p, "models/tiny/a.gguf", 4990);		/* across a border */
	damage(p, "models/tiny/a.gguf", 9490);
	for (unsigned n = 1; n <= RANGES + 2; n++) {
		struct store_verify_options o = {.n_threads = n};
		struct store_report report;

		o.deep = n % 2;
		assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
		assert_int_equal(report.n_damaged, 3);
		assert_int_equal(report.damaged[0].offset, 0);
		assert_int_equal(report.damaged[1].offset, 4000);
		assert_int_equal(report.damaged[2].offset, 9000);
		store_report_done(&report);
	}
}

static void
verifying_can_be_cancelled(void **state)
{
	struct place *p = *state;
	atomic_bool cancel = true;
	struct store_verify_options o = {.cancel = &cancel};
	struct store_report report;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	damage(p, "models/tiny/a.gguf", 1500);
	assert_false(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	atomic_store(&cancel, false);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_int_equal(report.n_damaged, 1);
	store_report_done(&report);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

static bool
keep(struct store *s, char **argv, const struct buf *b, struct err *e)
{
	struct kept k = {.registry = argv[5], .date = 1};
	unsigned char digest[DIGEST_SHA256_SIZE];
	char hex[DIGEST_HEX_MAX];
	struct buf text = {0};
	bool ok;

	put_sha256(buf_str(b), b->len, digest);
	digest_hex(hex, digest, sizeof digest);
	buf_printf(&text, "{\"family\": \"tiny\", \"files\": [{\"name\": \"%s\", \"quant\": \"Q4_0\", \"sha256\": \"%s\", "
	    "\"size\": %zu, \"sources\": [%s]}], \"format\": 1, \"id\": \"%s\", \"name\": \"Tiny\", "
	    "\"summary\": \"A test.\"}", argv[3], hex, b->len, argv[6], argv[2]);
	ok = entry_parse(&k.entry, text.data, text.len, e) && kept_save(s, argv[2], &k, e);
	entry_done(&k.entry);
	buf_done(&text);
	return ok;
}

static int
put_file(char **argv)
{
	struct buf b = {0};
	struct err e = {0};
	struct store *s = store_open(argv[1], &e);
	bool ok = s && fs_read(&b, argv[4], 1 << 26, &e) &&
	    put_bytes(s, argv[2], argv[3], (const unsigned char *)buf_str(&b), b.len, NULL, &e) &&
	    (!argv[5] || keep(s, argv, &b, &e));

	if (!ok)
		fprintf(stderr, "%s\n", e.text);
	store_close(s);
	buf_done(&b);
	return ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(names_removed_together_free_their_bytes),
		CASE(all_names_are_checked_before_any),
		CASE(the_last_use_is_of_the_bytes),
		CASE(damage_is_repaired_in_a_later_run),
		CASE(damage_that_went_away_is_none),
		CASE(threads_find_the_same),
		CASE(verifying_can_be_cancelled),
	};

	if (argc == 5 || argc == 7)
		return put_file(argv);
	return cmocka_run_group_tests_name("registry store, more", tests, NULL, NULL);
}
