/* The process that reads a file first: what goes wrong in it is one sentence here, and what it may do is next to
 * nothing.  The parsers that go wrong are those below, never those of the program. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/seal.h"
#include "tests/data/place.h"
#include "tui/state/guard.h"

static bool
fine(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return true;
}

static bool
refuses(void *ctx, struct err *e)
{
	(void)ctx;
	return err_set(e, ERR_FAILED, "x.gguf: \x1b]52;c;aGk=\x07 is no magic");
}

static bool
writes_through_null(void *ctx, struct err *e)
{
	volatile char *p = ctx;

	(void)e;
	*p = 1;
	return true;
}

static bool
ends_by_abort(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	abort();
}

static bool
never_ends(void *ctx, struct err *e)
{
	volatile bool goes_on = true;

	(void)ctx;
	(void)e;
	while (goes_on)
		;
	return true;
}

static bool
wants_all_memory(void *ctx, struct err *e)
{
	static void *volatile kept;

	(void)ctx;
	(void)e;
	for (int i = 0; i < 1000; i++)
		kept = mem_new0(1, (size_t)16 << 20);
	return kept != NULL;
}

static bool
says_nothing(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	_exit(0);
}

static bool
guarded(bool (*run)(void *, struct err *), void *ctx, struct err *e)
{
	struct guard_job job = {.path = "x.gguf", .run = run, .ctx = ctx, .bytes = (size_t)512 << 20, .seconds = 1};

	*e = (struct err){0};
	return guard_run(&job, e);
}

static void
an_answer_is_passed_on(void **state)
{
	struct err e;

	(void)state;
	assert_true(guarded(fine, NULL, &e));
	assert_int_equal(e.kind, ERR_NONE);
	assert_false(guarded(refuses, NULL, &e));
	assert_int_equal(e.kind, ERR_FAILED);
	assert_string_equal(e.text, "x.gguf: ␛]52;c;aGk=␇ is no magic");
}

static void
a_crash_is_one_sentence(void **state)
{
	struct err e;

	(void)state;
	assert_false(guarded(writes_through_null, NULL, &e));
	assert_int_equal(e.kind, ERR_FAILED);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_non_null(strstr(e.text, "x.gguf: reading it crashes (signal 11"));
#endif
	assert_non_null(strstr(e.text, "it was not opened"));
	assert_false(guarded(ends_by_abort, NULL, &e));
	assert_int_equal(e.kind, ERR_FAILED);
	assert_non_null(strstr(e.text, "it was not opened"));
	assert_false(guarded(says_nothing, NULL, &e));
	assert_non_null(strstr(e.text, "gave no answer"));
}

static void
an_endless_loop_ends(void **state)
{
	struct err e;

	(void)state;
	assert_false(guarded(never_ends, NULL, &e));
	assert_int_equal(e.kind, ERR_FAILED);
	assert_non_null(strstr(e.text, "more than 1 seconds"));
}

static void
memory_is_bounded(void **state)
{
	struct err e;

	(void)state;
#if !defined(__linux__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip();			/* a sanitizer ends the process its own way */
#endif
	assert_false(guarded(wants_all_memory, NULL, &e));
	assert_int_equal(e.kind, ERR_NO_SPACE);
	assert_non_null(strstr(e.text, "more than 512 MB of memory"));
}

/* ---- what it may not do: each returns true when it could ---- */

static bool
could_reach_network(void *ctx, struct err *e)
{
	const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};

	(void)ctx;
	(void)e;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (socket(families[i], SOCK_STREAM, 0) >= 0 || errno != EPERM)
			return true;
	return false;
}

static bool
could_open(void *ctx, struct err *e)
{
	(void)e;
	return open(ctx, O_RDONLY) >= 0;
}

static bool
could_write(void *ctx, struct err *e)
{
	(void)e;
	return open(ctx, O_WRONLY | O_CREAT, 0600) >= 0 || unlink(ctx) == 0 || mkdir("/tmp/minnow-no", 0700) == 0 ||
	    rename(ctx, "/tmp/minnow-no") == 0 || truncate(ctx, 0) == 0 || chmod(ctx, 0777) == 0;
}

static bool
could_run_programs(void *ctx, struct err *e)
{
	char *argv[] = {(char *)(uintptr_t)"true", NULL};

	(void)ctx;
	(void)e;
	execv("/bin/true", argv);
	if (errno != EPERM)
		return true;
	return fork() >= 0 || kill(getppid(), 0) == 0;
}

static bool
could_make_code(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
could_write_elsewhere(void *ctx, struct err *e)
{
	(void)ctx;
	(void)e;
	for (int fd = 0; fd < 16; fd++)		/* one of them is its way to answer: nothing is written */
		if (write(fd, "", 0) < 0 && errno == EPERM)
			return false;
	return true;
}

static void
it_may_do_nothing_else(void **state)
{
	char place[32];
	char file[64];
	struct err e;

	(void)state;
	if (!(seal_available() & SEAL_NETWORK))
		skip();
	place_make(place);
	snprintf(file, sizeof file, "%s/file", place);
	assert_true(fs_write_atomic(file, "x", 1, &e));
	assert_false(guarded(could_reach_network, NULL, &e));
	assert_false(guarded(could_open, file, &e));
	assert_false(guarded(could_write, file, &e));
	assert_true(fs_exists(file));
	assert_false(guarded(could_run_programs, NULL, &e));
	assert_false(guarded(could_make_code, NULL, &e));
	assert_false(guarded(could_write_elsewhere, NULL, &e));
	place_remove(place);
}

static void
a_directory_may_be_read_and_nothing_beside_it(void **state)
{
	char place[32];
	char inside[64], outside[64], dir[64];
	struct guard_job job = {.path = dir, .opens = true, .run = could_open, .seconds = 5};
	struct err e = {0};

	(void)state;
	if ((seal_available() & (SEAL_NETWORK | SEAL_WRITES)) != (SEAL_NETWORK | SEAL_WRITES))
		skip();
	place_make(place);
	snprintf(dir, sizeof dir, "%s/model", place);
	snprintf(inside, sizeof inside, "%s/model/config.json", place);
	snprintf(outside, sizeof outside, "%s/secret", place);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_true(fs_write_atomic(inside, "x", 1, &e));
	assert_true(fs_write_atomic(outside, "x", 1, &e));
	job.ctx = inside;
	assert_true(guard_run(&job, &e));
	job.ctx = outside;
	assert_false(guard_run(&job, &e));
	job.run = could_write;
	job.ctx = inside;
	assert_false(guard_run(&job, &e));
	assert_true(fs_exists(inside));
	place_remove(place);
}

/* ---- the rights a computing command gives up; in a child, because there is no way back ---- */

static bool
is_sealed(void)
{
	char *argv[] = {(char *)(uintptr_t)"true", NULL};
	int fd;

	if (seal_process(SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES) != (SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES))
		return false;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EACCES)
		return false;
	execv("/bin/true", argv);
	if (errno != EACCES)
		return false;
	fd = open("/dev/null", O_RDONLY);
	return fd >= 0 && open("/dev/null", O_WRONLY) < 0 && write(STDOUT_FILENO, "", 0) == 0;
}

static void
a_sealed_process_keeps_only_what_it_has(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if ((seal_available() & (SEAL_NETWORK | SEAL_WRITES)) != (SEAL_NETWORK | SEAL_WRITES))
		skip();
	pid = fork();
	if (pid == 0)
		_exit(is_sealed() ? 0 : 1);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- the memory of files that were sound ---- */

static void
a_sound_file_is_remembered_until_it_changes(void **state)
{
	static const char bytes[] = "GGUF\3\0\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0";
	char place[32];
	char file[64], known[64];
	struct buf text = {0};
	struct err e = {0};
	size_t len;

	(void)state;
	place_make(place);
	snprintf(file, sizeof file, "%s/a.gguf", place);
	snprintf(known, sizeof known, "%s/cache/sound", place);
	assert_true(fs_write_atomic(file, bytes, sizeof bytes - 1, &e));
	assert_true(guard_file(file, GUARD_LISTING, known, &e));
	assert_true(fs_read(&text, known, 4096, &e));
	len = text.len;
	assert_true(len > 0);
	assert_true(guard_file(file, GUARD_LISTING, known, &e));
	buf_clear(&text);
	assert_true(fs_read(&text, known, 4096, &e));
	assert_int_equal(text.len, len);

	/* Another depth is another question; a bad file is not remembered, one that became bad is found. */
	assert_false(guard_file(file, GUARD_MODEL, known, &e));
	assert_non_null(strstr(e.text, "general.architecture"));
	assert_true(fs_write_atomic(file, "PK..", 4, &e));
	assert_false(guard_file(file, GUARD_LISTING, known, &e));
	assert_non_null(strstr(e.text, "no GGUF magic"));
	buf_clear(&text);
	assert_true(fs_read(&text, known, 4096, &e));
	assert_int_equal(text.len, len);
	buf_done(&text);
	place_remove(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_passed_on),
		cmocka_unit_test(a_crash_is_one_sentence),
		cmocka_unit_test(an_endless_loop_ends),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(it_may_do_nothing_else),
		cmocka_unit_test(a_directory_may_be_read_and_nothing_beside_it),
		cmocka_unit_test(a_sealed_process_keeps_only_what_it_has),
		cmocka_unit_test(a_sound_file_is_remembered_until_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
