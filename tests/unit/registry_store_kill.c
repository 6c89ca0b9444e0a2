/* T12, T13: a process that is killed at any step of any work on the store loses nothing that was written down, and leaves
 * nothing that is trusted though wrong.  Each work is done again and again by a child that dies one step later each
 * time, until it gets through; between, the store must hold together, and the work must succeed when it is repeated. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/base/mem.h"
#include "tests/data/place.h"
#include "tests/data/put.h"

enum { SIZE = 2500, STEPS_MAX = 200 };

static unsigned char data[SIZE], sha256[DIGEST_SHA256_SIZE];
static volatile uint64_t *saved;	/* shared with the child: bytes of the part that it knows to be written down */

struct killer {
	int left;
};

static void
die_when_told(void *arg, const char *step)
{
	struct killer *k = arg;

	(void)step;
	if (k->left-- == 0)
		kill(getpid(), SIGKILL);
}

struct work {
	const char *name;
	bool (*prepare)(struct store *s, const char *root);	/* may be NULL */
	bool (*run)(struct store *s);
	bool no_links;
	bool brings;			/* at its end the file is there, else it is gone */
};

static bool
bring(struct store *s)
{
	return put_bytes(s, "tiny", "a.gguf", data, SIZE, saved, NULL);
}

static bool
have_twins(struct store *s, const char *root)
{
	(void)root;
	return put_bytes(s, "tiny", "a.gguf", data, SIZE, NULL, NULL) &&
	    put_bytes(s, "twin", "b.gguf", data, SIZE, NULL, NULL);
}

static bool
have_damage(struct store *s, const char *root)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/models/tiny/a.gguf", root);
	if (!have_twins(s, root) || chmod(path, 0600) < 0)
		return false;
	fd = open(path, O_WRONLY);
	if (fd < 0 || pwrite(fd, "damage", 6, 1200) != 6)
		return false;
	return futimens(fd, (struct timespec[]){{1, 0}, {1, 0}}) == 0 && close(fd) == 0;
}

/* What a person does: verify, and when something is wrong repair; where nothing is known any more, fetch. */
static bool
mend(struct store *s)
{
	struct store_verify_options o = {0};
	struct store_report report;
	struct store_part part;
	bool have, ok;

	if (!store_verify(s, "tiny", "a.gguf", &o, &report, NULL))
		return put_bytes(s, "tiny", "a.gguf", data, SIZE, NULL, NULL) &&
		    put_bytes(s, "twin", "b.gguf", data, SIZE, NULL, NULL);
	if (report.whole) {
		store_report_done(&report);
		return put_bytes(s, "twin", "b.gguf", data, SIZE, NULL, NULL);
	}
	ok = store_repair(s, "tiny", "a.gguf", &report, &part, &have, NULL);
	if (ok && !have) {
		ok = put_ranges(&part, data, NULL, NULL) &&
		    store_part_commit(&part, report.sha256, false, "tiny", "a.gguf", NULL);
		store_part_close(&part);
	}
	store_report_done(&report);
	return ok && put_bytes(s, "twin", "b.gguf", data, SIZE, NULL, NULL);
}

static bool
run_plan(struct store *s, struct store_plan *plan)
{
	size_t n;
	bool ok = store_run_plan(s, plan, &n, NULL);

	store_plan_done(plan);
	return ok;
}

static bool
take_away(struct store *s)
{
	struct store_plan plan;
	struct err e = {0};

	if (store_plan_remove(s, "tiny", NULL, &plan, &e))
		return run_plan(s, &plan);
	return e.kind == ERR_NOT_FOUND;
}

static bool
have_orphan(struct store *s, const char *root)
{
	char path[200];

	snprintf(path, sizeof path, "%s/models/tiny/a.gguf", root);
	return put_bytes(s, "tiny", "a.gguf", data, SIZE, NULL, NULL) && unlink(path) == 0;
}

static bool
collect(struct store *s)
{
	struct store_plan plan;

	return store_plan_gc(s, true, &plan, NULL) && run_plan(s, &plan);
}

static const struct work works[] = {
	{"killed at every step of a download", .run = bring, .brings = true},
	{"killed at every step of a download where there are no links", .run = bring, .brings = true, .no_links = true},
	{"killed at every step of a repair", .prepare = have_damage, .run = mend, .brings = true},
	{"killed at every step of a removal", .prepare = have_twins, .run = take_away},
	{"killed at every step of a removal where there are no links", .prepare = have_twins, .run = take_away, .no_links = true},
	{"killed at every step of a sweep", .prepare = have_orphan, .run = collect},
};

/* What was written down is there: as a part, or as bytes already verified. */
static void
check_nothing_lost(struct store *s)
{
	struct store_want want = {.model = "tiny", .file = "a.gguf", .size = SIZE, .range_size = PUT_RANGE, .sha256 = sha256};
	struct stamp stamp;
	struct store_part part;
	struct err e = {0};
	bool have;

	if (*saved == 0)
		return;
	if (store_blob_is_verified(s, sha256, &stamp)) {
		stamp_done(&stamp);
		return;
	}
	assert_true(store_part_open(s, &want, &part, &have, &e));
	assert_false(have);
	assert_true(part_n_bytes(&part.part) >= *saved);
	store_part_close(&part);
}

/* True when the child got through. */
static bool
kill_at(const struct work *w, int step)
{
	char root[32];
	struct killer killer = {.left = step};
	struct store_plan plan;
	struct err e = {0};
	struct store *s;
	int status;
	pid_t pid;

	place_make(root);
	s = store_open(root, &e);
	assert_non_null(s);
	s->no_links = w->no_links;
	*saved = 0;
	assert_true(!w->prepare || w->prepare(s, root));
	store_close(s);
	pid = fork();
	if (pid == 0) {
		s = store_open(root, NULL);
		if (!s)
			_exit(1);
		s->no_links = w->no_links;
		s->on_step = die_when_told;
		s->step_arg = &killer;
		_exit(w->run(s) ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);

	s = store_open(root, &e);
	assert_non_null(s);
	s->no_links = w->no_links;
	put_check_trusted(s);
	check_nothing_lost(s);
	assert_true(w->run(s));
	put_check_trusted(s);
	if (w->brings) {
		assert_true(put_has(s, "tiny", "a.gguf", data, SIZE));
		assert_int_equal(put_trust(s, "tiny", "a.gguf"), STORE_VERIFIED);
	} else {
		assert_int_equal(put_trust(s, "tiny", "a.gguf"), STORE_ABSENT);
	}
	/* Whatever the dead child left is swept, and only that. */
	assert_true(collect(s));
	assert_true(store_plan_gc(s, true, &plan, &e));
	assert_int_equal(plan.n, 0);
	store_plan_done(&plan);
	assert_int_equal(put_trust(s, "tiny", "a.gguf"), w->brings ? STORE_VERIFIED : STORE_ABSENT);
	store_close(s);
	place_remove(root);
	return !WIFSIGNALED(status);
}

static void
killed_at_every_step(void **state)
{
	const struct work *w = *state;
	int step = 0;

	while (!kill_at(w, step) && step < STEPS_MAX)
		step++;
	assert_in_range(step, 1, STEPS_MAX - 1);		/* there were steps, and an end */
}

int
main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(works)] = {0};

	for (size_t i = 0; i < ARRAY_LEN(works); i++) {
		tests[i].name = works[i].name;
		tests[i].test_func = killed_at_every_step;
		tests[i].initial_state = (void *)(uintptr_t)&works[i];
	}
	saved = mmap(NULL, sizeof *saved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	put_fill(data, SIZE, 1);
	put_sha256(data, SIZE, sha256);
	return cmocka_run_group_tests_name("registry store killed", tests, NULL, NULL);
}
