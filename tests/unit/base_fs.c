/* Files: mapping, reading and replacing, and a sentence for everything that is no plain file. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/fs.h"

struct place {
	char dir[32];
	struct buf path;
};

static int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/minnow-fs-XXXXXX");
	*state = p;
	return mkdtemp(p->dir) ? 0 : -1;
}

static int
remove_place(void **state)
{
	static const char *const names[] = {"file", "pipe", "empty", "a/b/c", "a/b", "a", "dir", "", NULL};
	struct place *p = *state;

	for (size_t i = 0; names[i]; i++) {
		fs_join(&p->path, p->dir, names[i]);
		remove(p->path.data);		/* each case made some of them */
	}
	buf_done(&p->path);
	free(p);
	return 0;
}

static const char *
in_place(struct place *p, const char *name)
{
	fs_join(&p->path, p->dir, name);
	return p->path.data;
}

static void
what_is_written_is_read_and_mapped(void **state)
{
	const char *path = in_place(*state, "file");
	struct err e = {0};
	struct buf b = {0};
	struct fs_map m;

	assert_false(fs_exists(path));
	assert_true(fs_write_atomic(path, "one\0two", 7, &e));
	assert_true(fs_exists(path));
	assert_true(fs_read(&b, path, 7, &e));
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "one\0two", 8);
	assert_true(fs_map_open(&m, path, &e));
	assert_int_equal(m.size, 7);
	assert_memory_equal(m.data, "one\0two", 7);
	fs_map_drop(&m, 0, m.size);
	assert_memory_equal(m.data, "one\0two", 7);
	fs_map_close(&m);
	fs_map_close(&m);
	buf_done(&b);
}

static void
replacing_leaves_one_file(void **state)
{
	const char *path = in_place(*state, "file");
	struct err e = {0};
	struct buf b = {0};

	assert_true(fs_write_atomic(path, "old", 3, &e));
	assert_true(fs_write_atomic(path, "newer", 5, &e));
	assert_true(fs_read(&b, path, 100, &e));
	assert_string_equal(buf_str(&b), "newer");
	buf_done(&b);
	/* The folder can be removed afterwards only when no temporary file was left: see remove_place(). */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(((struct place *)*state)->dir), 0);
}

static void
an_empty_file_is_fine(void **state)
{
	const char *path = in_place(*state, "empty");
	struct err e = {0};
	struct buf b = {0};
	struct fs_map m;

	assert_true(fs_write_atomic(path, "", 0, &e));
	assert_true(fs_map_open(&m, path, &e));
	assert_null(m.data);
	assert_int_equal(m.size, 0);
	fs_map_close(&m);
	assert_true(fs_read(&b, path, 0, &e));
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
}

static void
too_long_is_refused(void **state)
{
	const char *path = in_place(*state, "file");
	struct err e = {0};
	struct buf b = {0};

	assert_true(fs_write_atomic(path, "12345", 5, &e));
	assert_false(fs_read(&b, path, 4, &e));
	assert_non_null(strstr(e.text, "longer than the 4 bytes"));
	buf_done(&b);
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	struct place *p = *state;
	struct err e = {0};
	struct fs_map m;
	struct buf b = {0};

	assert_false(fs_map_open(&m, in_place(p, "none"), &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_false(fs_map_open(&m, p->dir, &e));
	assert_non_null(strstr(e.text, "directory"));
	assert_int_equal(mkfifo(in_place(p, "pipe"), 0600), 0);
	assert_false(fs_map_open(&m, p->path.data, &e));	/* and does not wait for a writer */
	assert_non_null(strstr(e.text, "regular file"));
	assert_false(fs_read(&b, p->path.data, 10, &e));
	assert_false(fs_map_open(&m, "/dev/null", &e));
	buf_done(&b);
}

static void
a_failed_write_changes_nothing(void **state)
{
	struct place *p = *state;
	struct err e = {0};

	assert_false(fs_write_atomic(in_place(p, "none/file"), "x", 1, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_int_equal(mkdir(in_place(p, "dir"), 0700), 0);
	assert_false(fs_write_atomic(p->path.data, "x", 1, &e));
	assert_int_equal(rmdir(p->path.data), 0);
}

static void
folders_are_made_on_the_way(void **state)
{
	struct place *p = *state;
	struct err e = {0};
	struct stat st;

	assert_true(fs_make_dirs(in_place(p, "a/b/c"), &e));
	assert_true(fs_make_dirs(p->path.data, &e));
	assert_int_equal(stat(p->path.data, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_true(fs_write_atomic(in_place(p, "file"), "x", 1, &e));
	assert_false(fs_make_dirs(in_place(p, "file/b"), &e));
}

static void
names_are_exchanged(void **state)
{
	struct place *p = *state;
	struct buf a = {0}, text = {0};
	struct err e = {0};

	buf_add_str(&a, in_place(p, "a"));
	assert_true(fs_make_dirs(a.data, &e));
	assert_true(fs_write_atomic(in_place(p, "a/file"), "x", 1, &e));
	assert_true(fs_make_dirs(in_place(p, "b"), &e));
	assert_true(fs_exchange(a.data, p->path.data, &e));
	assert_true(fs_read(&text, in_place(p, "b/file"), 10, &e));
	assert_false(fs_exists(in_place(p, "a/file")));
	assert_true(fs_exists(a.data));
	assert_false(fs_exchange(a.data, in_place(p, "none"), &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	buf_done(&a);
	buf_done(&text);
}

static void
a_lock_is_for_one(void **state)
{
	struct place *p = *state;
	const char *path = in_place(p, "file.lock");
	struct err e = {0};
	int fd = fs_lock_file(path, &e), status;
	pid_t child;

	assert_true(fd >= 0);
	assert_int_equal(fs_lock_file(path, &e), -1);
	assert_int_equal(e.kind, ERR_FAILED);
	assert_non_null(strstr(e.text, "another program"));
	assert_int_equal(unlink(path), 0);
	close(fd);
	/* A process that ended without a word. */
	child = fork();
	if (child == 0)
		_exit(fs_lock_file(path, NULL) >= 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(fs_exists(path));
	fd = fs_lock_file(path, &e);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	close(fd);
	/* One that is not ours stays, whoever it is of. */
	assert_true(fs_write_atomic(path, "", 0, &e));
	assert_int_equal(fs_lock_file(path, &e), -1);
	assert_true(fs_exists(path));
}

static void
joining_puts_one_slash(void **state)
{
	struct buf b = {0};

	(void)state;
	fs_join(&b, "a", "b");
	assert_string_equal(buf_str(&b), "a/b");
	fs_join(&b, "a/", "b");
	assert_string_equal(buf_str(&b), "a/b");
	fs_join(&b, "", "b");
	assert_string_equal(buf_str(&b), "b");
	if (fs_program_dir(&b))
		assert_true(fs_exists(buf_str(&b)));
	buf_done(&b);
}

#define IN_PLACE(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(what_is_written_is_read_and_mapped),
		IN_PLACE(replacing_leaves_one_file),
		IN_PLACE(an_empty_file_is_fine),
		IN_PLACE(too_long_is_refused),
		IN_PLACE(what_is_no_plain_file_is_refused),
		IN_PLACE(a_failed_write_changes_nothing),
		IN_PLACE(folders_are_made_on_the_way),
		IN_PLACE(names_are_exchanged),
		IN_PLACE(a_lock_is_for_one),
		cmocka_unit_test(joining_puts_one_slash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
