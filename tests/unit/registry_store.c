/* The store: names, trust, verifying, repairing, removing, and several processes at once.  T1, T12, T13, T14: rows of
 * the threat model. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "core/base/mem.h"

enum { SIZE = 3500 };
#include "tests/data/store_place.h"		/* of SIZE bytes */

static char *
path_of(struct place *p, const char *below)
{
	static char path[400];

	snprintf(path, sizeof path, "%s/%s", p->dir, below);
	return path;
}

static struct stat
stat_of(struct place *p, const char *below)
{
	struct stat st = {0};

	assert_int_equal(lstat(path_of(p, below), &st), 0);
	return st;
}

/* Change bytes behind the store's back; the time of change too, unless KEEP_TIME. */
static void
damage(struct place *p, const char *below, off_t at, bool keep_time)
{
	struct stat st = stat_of(p, below);
	char *path = path_of(p, below);
	int fd;

	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "damage", 6, at), 6);
	if (keep_time)
		futimens(fd, (struct timespec[]){st.st_atim, st.st_mtim});
	else
		futimens(fd, (struct timespec[]){st.st_atim, {.tv_sec = st.st_mtim.tv_sec + 1}});
	close(fd);
}

static void
bytes_get_their_names(void **state)
{
	struct place *p = *state;
	char hex[DIGEST_HEX_MAX], blob[128];
	struct stat st, named;

	put(p, "tiny", "tiny-q8_0.gguf");
	assert_true(put_has(p->s, "tiny", "tiny-q8_0.gguf", p->data, SIZE));
	assert_int_equal(put_trust(p->s, "tiny", "tiny-q8_0.gguf"), STORE_VERIFIED);
	digest_hex(hex, p->sha256, sizeof p->sha256);
	snprintf(blob, sizeof blob, "blobs/sha256/%s", hex);
	st = stat_of(p, blob);
	named = stat_of(p, "models/tiny/tiny-q8_0.gguf");
	assert_int_equal(st.st_ino, named.st_ino);		/* a hard link */
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mode & 0777, 0400);
	assert_int_equal(stat_of(p, "models/tiny").st_mode & 0777, 0700);
	assert_int_equal(stat_of(p, "").st_mode & 0777, 0700);
	assert_true(stat_of(p, "CACHEDIR.TAG").st_size > 43);
	put(p, "other", "same.gguf");				/* the same bytes are kept once */
	assert_int_equal(stat_of(p, blob).st_nlink, 3);
	assert_int_equal(put_trust(p->s, "tiny", "none.gguf"), STORE_ABSENT);
	assert_int_equal(put_trust(p->s, "none", "none.gguf"), STORE_ABSENT);
}

static void
the_list_tells_all(void **state)
{
	struct place *p = *state;
	struct store_list list;
	struct err e = {0};
	int fd;

	put(p, "b", "z.gguf");
	put(p, "a", "y.gguf");
	fd = open(path_of(p, "models/a/own.gguf"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_true(store_list(p->s, &list, &e));
	assert_int_equal(list.n, 3);
	assert_string_equal(list.files[0].file, "own.gguf");
	assert_int_equal(list.files[0].seen.trust, STORE_UNKNOWN);
	assert_string_equal(list.files[1].model, "a");
	assert_string_equal(list.files[1].file, "y.gguf");
	assert_int_equal(list.files[1].n_links, 3);
	assert_memory_equal(list.files[2].seen.sha256, p->sha256, sizeof p->sha256);
	store_list_done(&list);
}

/* T14: names that leave their folder, hide, or are something else on another disk. */
static void
hostile_names_are_refused(void **state)
{
	static const char *const models[] = {"", ".", "..", "../x", "a/b", "/etc", "A", "a\nb", ".hidden", "-rf", "\xd0\xb0"};
	static const char *const files[] = {"", ".", "..", "../passwd", "a/b.gguf", "/etc/passwd", ".bashrc", "-o.gguf",
	    "a\033[2J.gguf", "a.gguf\n", "con.gguf", "a.gguf.new", "\xff.gguf"};
	struct place *p = *state;
	struct store_seen seen;
	struct buf path = {0};
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	for (size_t i = 0; i < ARRAY_LEN(models); i++) {
		assert_false(store_path(p->s, models[i], "a.gguf", &path, &e));
		assert_false(store_look(p->s, models[i], "a.gguf", &seen, &e));
		assert_false(store_link(p->s, p->sha256, models[i], "a.gguf", &e));
		assert_false(put_bytes(p->s, models[i], "a.gguf", p->data, SIZE, NULL, &e));
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_false(store_path(p->s, "tiny", files[i], &path, &e));
		assert_false(store_link(p->s, p->sha256, "tiny", files[i], &e));
		assert_false(put_bytes(p->s, "tiny", files[i], p->data, SIZE, NULL, &e));
	}
	assert_false(store_link(p->s, p->sha256, "tiny", "A.GGUF", &e));	/* one name where case does not count */
	buf_done(&path);
}

/* T14: links that somebody laid below the store lead nowhere. */
static void
links_are_not_followed(void **state)
{
	struct place *p = *state;
	char hex[DIGEST_HEX_MAX], part[128];
	struct err e = {0};

	digest_hex(hex, p->sha256, sizeof p->sha256);
	snprintf(part, sizeof part, "parts/%s.part", hex);
	assert_int_equal(symlink("/tmp/minnow-nowhere", path_of(p, part)), 0);
	assert_false(put_bytes(p->s, "tiny", "a.gguf", p->data, SIZE, NULL, &e));
	assert_int_equal(access("/tmp/minnow-nowhere", F_OK), -1);
	assert_int_equal(unlink(path_of(p, part)), 0);
	assert_int_equal(symlink("/tmp", path_of(p, "models/tiny")), 0);
	assert_false(put_bytes(p->s, "tiny", "a.gguf", p->data, SIZE, NULL, &e));
	assert_int_equal(access("/tmp/a.gguf", F_OK), -1);
	assert_int_equal(unlink(path_of(p, "models/tiny")), 0);
	put(p, "tiny", "a.gguf");
	assert_int_equal(unlink(path_of(p, "models/tiny/a.gguf")), 0);
	assert_int_equal(symlink("/etc/passwd", path_of(p, "models/tiny/a.gguf")), 0);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_UNKNOWN);
	put(p, "tiny", "a.gguf");				/* and the link is replaced, not written through */
	assert_true(put_has(p->s, "tiny", "a.gguf", p->data, SIZE));
}

/* T12: whoever swaps or touches a file is seen without reading it. */
static void
a_touched_file_is_not_trusted(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct err e = {0};
	int fd;

	put(p, "tiny", "a.gguf");
	fd = open(path_of(p, "models/tiny/swapped.gguf"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, p->data, SIZE), SIZE);
	close(fd);
	damage(p, "models/tiny/a.gguf", 1500, false);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_CHANGED);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_false(report.whole);
	assert_int_equal(report.n_damaged, 1);
	assert_int_equal(report.damaged[0].offset, 1000);
	assert_int_equal(report.damaged[0].size, 1000);
	store_report_done(&report);
	assert_int_not_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	assert_false(store_verify(p->s, "tiny", "swapped.gguf", &o, &report, &e));
	assert_int_equal(e.kind, ERR_VERIFY);
}

/* Bytes that rot, or are changed by one who sets the time back: no look at metadata tells, but verify does, and then
 * the file is not trusted any more. */
static void
silent_damage_is_found_by_reading(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	damage(p, "models/tiny/a.gguf", 3499 - 5, true);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_false(report.whole);
	assert_int_equal(report.n_damaged, 1);
	assert_int_equal(report.damaged[0].offset, 3000);
	assert_int_equal(report.damaged[0].size, 500);
	store_report_done(&report);
	assert_int_not_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
}

static void
a_whole_file_that_was_touched_is_trusted_again(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_true(report.whole);
	assert_false(report.read_all);
	store_report_done(&report);
	assert_int_equal(utimensat(AT_FDCWD, path_of(p, "models/tiny/a.gguf"), (struct timespec[]){{1, 0}, {1, 0}}, 0), 0);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_CHANGED);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_true(report.whole);
	assert_true(report.read_all);			/* the ranges' digests alone would not do */
	store_report_done(&report);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
}

static void
a_file_cut_short_is_damaged_at_its_end(void **state)
{
	struct store_verify_options o = {.deep = true};
	struct place *p = *state;
	struct store_report report;
	struct err e = {0};

	put(p, "tiny", "a.gguf");
	chmod(path_of(p, "models/tiny/a.gguf"), 0600);
	assert_int_equal(truncate(path_of(p, "models/tiny/a.gguf"), 2500), 0);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_false(report.whole);
	assert_int_equal(report.n_damaged, 2);
	assert_int_equal(report.damaged[0].offset, 2000);
	store_report_done(&report);
}

/* A damaged range alone is fetched again, and every name gets the whole file. */
static void
a_damaged_file_is_repaired(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct store_part part;
	struct err e = {0};
	bool have;

	put(p, "tiny", "a.gguf");
	put(p, "twin", "b.gguf");
	damage(p, "models/tiny/a.gguf", 1500, false);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_true(store_repair(p->s, "tiny", "a.gguf", &report, &part, &have, &e));
	assert_false(have);
	assert_int_equal(part_n_bytes(&part.part), SIZE - 1000);
	assert_int_equal(part.part.ranges[1].n, 0);
	assert_true(put_ranges(&part, p->data, NULL, &e));
	assert_true(store_part_commit(&part, report.sha256, false, "tiny", "a.gguf", &e));
	store_report_done(&report);
	assert_true(put_has(p->s, "tiny", "a.gguf", p->data, SIZE));
	assert_true(put_has(p->s, "twin", "b.gguf", p->data, SIZE));
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	assert_int_equal(put_trust(p->s, "twin", "b.gguf"), STORE_VERIFIED);
}

static void
copies_serve_where_links_cannot(void **state)
{
	struct store_verify_options o = {0};
	struct place *p = *state;
	struct store_report report;
	struct store_part part;
	struct store_plan plan;
	struct err e = {0};
	size_t n;
	bool have;

	p->s->no_links = true;
	put(p, "tiny", "a.gguf");
	assert_int_equal(stat_of(p, "models/tiny/a.gguf").st_nlink, 1);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	damage(p, "models/tiny/a.gguf", 1500, false);
	assert_true(store_verify(p->s, "tiny", "a.gguf", &o, &report, &e));
	assert_int_equal(report.n_damaged, 1);
	assert_true(store_repair(p->s, "tiny", "a.gguf", &report, &part, &have, &e));
	assert_true(have);				/* from the bytes beside it */
	store_report_done(&report);
	assert_true(put_has(p->s, "tiny", "a.gguf", p->data, SIZE));
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
	assert_true(store_plan_gc(p->s, true, &plan, &e));
	assert_int_equal(plan.n, 0);
	store_plan_done(&plan);
	assert_true(store_plan_remove(p->s, "tiny", NULL, &plan, &e));
	assert_int_equal(plan.n, 2);			/* the copy and the bytes */
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	assert_int_equal(n, 2);
	store_plan_done(&plan);
}

static void
removing_says_who_else_has_it(void **state)
{
	struct place *p = *state;
	struct store_plan plan;
	struct err e = {0};
	size_t n;

	put(p, "tiny", "a.gguf");
	put(p, "twin", "b.gguf");
	assert_true(store_plan_remove(p->s, "tiny", NULL, &plan, &e));
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.items[0].kind, STORE_ITEM_LINK);
	assert_string_equal(plan.items[0].path, "models/tiny/a.gguf");
	assert_string_equal(plan.items[0].others, "twin");
	assert_int_equal(plan.bytes, 0);
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);	/* a plan does nothing */
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	assert_int_equal(n, 1);
	store_plan_done(&plan);
	assert_int_equal(access(path_of(p, "models/tiny"), F_OK), -1);
	assert_true(put_has(p->s, "twin", "b.gguf", p->data, SIZE));

	assert_true(store_plan_remove(p->s, "twin", "b.gguf", &plan, &e));
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan.items[1].kind, STORE_ITEM_BLOB);
	assert_true(plan.bytes >= SIZE);
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	store_plan_done(&plan);
	assert_false(store_plan_remove(p->s, "twin", NULL, &plan, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_true(store_plan_gc(p->s, true, &plan, &e));
	assert_int_equal(plan.n, 0);
	store_plan_done(&plan);
}

static void
gc_takes_what_nobody_uses(void **state)
{
	struct place *p = *state;
	char outside[64], hex[DIGEST_HEX_MAX], blob[128];
	struct store_want want = {.model = "new", .file = "c.gguf", .source = "https://x", .size = SIZE, .range_size = 1000};
	struct store_part part;
	struct store_plan plan;
	struct err e = {0};
	size_t n;
	bool have;

	put(p, "tiny", "a.gguf");
	digest_hex(hex, p->sha256, sizeof p->sha256);
	snprintf(blob, sizeof blob, "blobs/sha256/%s", hex);
	snprintf(outside, sizeof outside, "%s.linked", p->dir);
	assert_int_equal(link(path_of(p, blob), outside), 0);
	assert_int_equal(unlink(path_of(p, "models/tiny/a.gguf")), 0);
	close(open(path_of(p, "models/tiny/a.gguf.new"), O_WRONLY | O_CREAT, 0600));
	close(open(path_of(p, "parts/first-00.state.new"), O_WRONLY | O_CREAT, 0600));
	assert_true(store_part_open(p->s, &want, &part, &have, &e));
	assert_true(put_ranges(&part, p->data, NULL, &e));

	assert_true(store_plan_gc(p->s, true, &plan, &e));	/* the part is locked: somebody works on it */
	assert_int_equal(plan.n, 3);
	assert_string_equal(plan.items[0].path, "models/tiny/a.gguf.new");
	assert_int_equal(plan.items[1].kind, STORE_ITEM_BLOB);
	assert_int_equal(plan.items[1].n_others, 1);
	assert_int_equal(plan.items[1].bytes, 0);		/* the name outside keeps them */
	store_plan_done(&plan);

	store_part_close(&part);
	assert_true(store_plan_gc(p->s, false, &plan, &e));
	assert_int_equal(plan.n, 3);
	store_plan_done(&plan);
	assert_true(store_plan_gc(p->s, true, &plan, &e));
	assert_int_equal(plan.n, 5);
	assert_int_equal(unlink(outside), 0);
	assert_true(store_link(p->s, p->sha256, "tiny", "a.gguf", &e));		/* used again meanwhile: it stays */
	assert_true(store_run_plan(p->s, &plan, &n, &e));
	assert_int_equal(n, 3);			/* the .new of models/ was used up by the link */
	store_plan_done(&plan);
	assert_true(put_has(p->s, "tiny", "a.gguf", p->data, SIZE));
	assert_int_equal(put_trust(p->s, "tiny", "a.gguf"), STORE_VERIFIED);
}

/* T13: the second process waits for the first, and shares what it brought. */
static int release_pipe[2];

static void
let_the_first_go_on(void *arg)
{
	bool *told = arg;

	*told = true;
	assert_int_equal(write(release_pipe[1], "x", 1), 1);
}

static void
child_fetches(struct place *p)
{
	struct store_want want = {.model = "tiny", .file = "a.gguf", .source = "https://x", .size = SIZE, .range_size = 1000};
	struct store *s = store_open(p->dir, NULL);
	struct store_part part;
	bool have;
	char byte;

	if (!s || !store_part_open(s, &want, &part, &have, NULL) || have || !put_ranges(&part, p->data, NULL, NULL))
		_exit(1);
	if (write(release_pipe[1], "r", 1) != 1 || usleep(20000) < 0 || read(release_pipe[0], &byte, 1) != 1)
		_exit(2);
	_exit(store_part_commit(&part, p->sha256, true, "tiny", "a.gguf", NULL) ? 0 : 3);
}

static void
the_second_process_waits_and_shares(void **state)
{
	struct place *p = *state;
	bool told = false, have = false;
	struct store_want want = {.model = "tiny", .file = "a.gguf", .source = "https://x", .size = SIZE,
	    .range_size = 1000, .waiting = let_the_first_go_on, .arg = &told};
	struct store_seen seen;
	struct store_part part;
	struct err e = {0};
	int status, back[2];
	pid_t pid;

	assert_int_equal(pipe(release_pipe), 0);
	assert_int_equal(pipe(back), 0);
	pid = fork();
	if (pid == 0) {
		/* The child's word that it holds the part goes the other way. */
		int go = release_pipe[0];

		release_pipe[1] = back[1];
		release_pipe[0] = go;
		child_fetches(p);
	}
	assert_int_equal(read(back[0], (char[1]){0}, 1), 1);
	assert_true(store_part_open(p->s, &want, &part, &have, &e));
	assert_true(told);
	assert_true(have);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(store_look(p->s, "tiny", "a.gguf", &seen, &e));
	assert_int_equal(seen.trust, STORE_VERIFIED);
	assert_true(seen.pinned);
	for (int i = 0; i < 2; i++) {
		close(back[i]);
		close(release_pipe[i]);
	}
}

static void
cancel_it(void *arg)
{
	atomic_store((atomic_bool *)arg, true);
}

static void
waiting_can_be_cancelled(void **state)
{
	struct place *p = *state;
	atomic_bool cancel = false;
	struct store_want want = {.model = "tiny", .file = "a.gguf", .size = SIZE, .range_size = 1000, .sha256 = p->sha256,
	    .cancel = &cancel, .waiting = cancel_it, .arg = &cancel};
	struct store_part first, second;
	struct err e = {0};
	bool have;

	assert_true(store_part_open(p->s, &want, &first, &have, &e));
	assert_false(store_part_open(p->s, &want, &second, &have, &e));	/* the lock holds within a process too */
	assert_int_equal(e.kind, ERR_CANCELLED);
	store_part_drop(&first);
}

/* T13: many at once, the same file and others. */
static void
many_processes_leave_a_whole_store(void **state)
{
	enum { N = 6 };
	struct place *p = *state;
	unsigned char data[N][SIZE];
	char model[8];
	struct err e = {0};
	int status;

	for (unsigned i = 0; i < N; i++)
		put_fill(data[i], SIZE, i / 2);
	for (unsigned i = 0; i < N; i++) {
		if (fork() > 0)
			continue;
		struct store *s = store_open(p->dir, &e);

		snprintf(model, sizeof model, "m%u", i);
		if (s && put_bytes(s, model, "a.gguf", data[i], SIZE, NULL, &e))
			_exit(0);
		fprintf(stderr, "# %s: %s\n", model, e.text);
		_exit(1);
	}
	for (unsigned i = 0; i < N; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (unsigned i = 0; i < N; i++) {
		struct store_plan plan;

		snprintf(model, sizeof model, "m%u", i);
		assert_true(put_has(p->s, model, "a.gguf", data[i], SIZE));
		assert_int_equal(put_trust(p->s, model, "a.gguf"), STORE_VERIFIED);
		assert_true(store_plan_gc(p->s, true, &plan, &e));
		assert_int_equal(plan.n, 0);
		store_plan_done(&plan);
	}
}

static void
a_root_is_its_owners_alone(void **state)
{
	struct place *p = *state;
	struct err e = {0};
	struct store *s;

	assert_int_equal(chmod(p->dir, 0777), 0);
	s = store_open(p->dir, &e);
	assert_non_null(s);
	store_close(s);
	assert_int_equal(stat_of(p, "").st_mode & 0777, 0700);
	close(open(path_of(p, "file"), O_WRONLY | O_CREAT, 0600));
	assert_null(store_open(path_of(p, "file"), &e));
	assert_int_equal(unlink(path_of(p, "file")), 0);
	store_close(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bytes_get_their_names),
		CASE(the_list_tells_all),
		CASE(hostile_names_are_refused),
		CASE(links_are_not_followed),
		CASE(a_touched_file_is_not_trusted),
		CASE(silent_damage_is_found_by_reading),
		CASE(a_whole_file_that_was_touched_is_trusted_again),
		CASE(a_file_cut_short_is_damaged_at_its_end),
		CASE(a_damaged_file_is_repaired),
		CASE(copies_serve_where_links_cannot),
		CASE(removing_says_who_else_has_it),
		CASE(gc_takes_what_nobody_uses),
		CASE(the_second_process_waits_and_shares),
		CASE(waiting_can_be_cancelled),
		CASE(many_processes_leave_a_whole_store),
		CASE(a_root_is_its_owners_alone),
	};

	return cmocka_run_group_tests_name("registry store", tests, NULL, NULL);
}
