/* Files; see fs.h. */
#define _GNU_SOURCE
#include "core/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

static int
open_regular(const char *path, struct stat *st, struct err *e)
{
	/* O_NONBLOCK: opening a pipe that nobody writes to must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, st) < 0) {
		err_set_errno(e, errno, path);
	} else if (S_ISDIR(st->st_mode)) {
		err_set(e, ERR_FAILED, "%s: is a directory, a file was expected", path);
	} else if (!S_ISREG(st->st_mode)) {
		err_set(e, ERR_FAILED, "%s: is not a regular file", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

bool
fs_map_open(struct fs_map *m, const char *path, struct err *e)
{
	struct stat st;
	void *data;
	int fd = open_regular(path, &st, e);

	*m = (struct fs_map){0};
	if (fd < 0)
		return false;
	if (st.st_size == 0) {
		close(fd);
		return true;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return err_set_errno(e, errno, path);
	m->data = data;
	m->size = (size_t)st.st_size;
	return true;
}

void
fs_map_close(struct fs_map *m)
{
	if (m->data)
		munmap((void *)(uintptr_t)m->data, m->size);
	*m = (struct fs_map){0};
}

void
fs_map_drop(const struct fs_map *m, size_t offset, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t first = (offset + page - 1) / page * page;
	size_t last = (offset + size) / page * page;

	if (m->data && last > first)
		madvise((void *)(uintptr_t)(m->data + first), last - first, MADV_DONTNEED);
}

bool
fs_read_fd(struct buf *out, int fd, const char *name, size_t limit, struct err *e)
{
	for (;;) {
		ssize_t n;

		buf_reserve(out, 1 << 16);
		n = read(fd, out->data + out->len, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(e, errno, name);
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > limit)
			return err_set(e, ERR_FAILED, "%s: longer than the %zu bytes allowed",
			    name, limit);
		if (n == 0)
			return true;
	}
}

bool
fs_read(struct buf *out, const char *path, size_t limit, struct err *e)
{
	struct stat st;
	int fd = open_regular(path, &st, e);
	bool ok;

	if (fd < 0)
		return false;
	ok = fs_read_fd(out, fd, path, limit, e);
	close(fd);
	return ok;
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

bool
fs_write_atomic(const char *path, const void *data, size_t n, struct err *e)
{
	struct buf temp = {0};
	int fd, saved;

	buf_printf(&temp, "%s.XXXXXX", path);
	fd = mkostemp(temp.data, O_CLOEXEC);
	if (fd < 0) {
		err_set_errno(e, errno, path);
		buf_done(&temp);
		return false;
	}
	if (!write_all(fd, data, n) || fsync(fd) < 0 || rename(temp.data, path) < 0) {
		saved = errno;
		close(fd);
		unlink(temp.data);
		buf_done(&temp);
		return err_set_errno(e, saved, path);
	}
	close(fd);
	buf_done(&temp);
	return true;
}

static int
exchange_names(const char *a, const char *b)
{
#ifdef RENAME_EXCHANGE
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
#else
	errno = ENOSYS;
	return -1;
#endif
}

/* Where a disk cannot do it in one step. */
static int
exchange_by_a_third(const char *a, const char *b)
{
	struct buf third = {0};
	int rc;

	buf_printf(&third, "%s.other", b);
	rc = rename(a, third.data);
	if (rc == 0)
		rc = rename(b, a) < 0 ? -1 : rename(third.data, b);
	buf_done(&third);
	return rc;
}

bool
fs_exchange(const char *a, const char *b, struct err *e)
{
	if (exchange_names(a, b) == 0)
		return true;
	if (errno != ENOSYS && errno != EINVAL)
		return err_set_errno(e, errno, a);
	return exchange_by_a_third(a, b) == 0 || err_set_errno(e, errno, a);
}

static const char lock_mark[] = "minnow\n";

static bool
mark_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 && write_all(fd, lock_mark, sizeof lock_mark - 1);
}

/* Under its name only once it bears the mark: a process that is killed leaves none without. */
static int
make_lock(const char *path)
{
	char *dir = mem_dup(path), *slash = strrchr(dir, '/'), self[40];
	int fd;

	if (slash)
		slash[slash == dir] = '\0';
#ifdef O_TMPFILE
	fd = open(slash ? dir : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#else
	fd = -1;
#endif
	free(dir);
	if (fd < 0)
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (mark_lock(fd) && linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One of ours that nobody holds any more. */
static int
take_over_lock(const char *path)
{
	char text[sizeof lock_mark] = "";
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat mine, there;

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof text) == sizeof lock_mark - 1 && strcmp(text, lock_mark) == 0 &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
	    mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
		return fd;
	close(fd);
	return -1;
}

int
fs_lock_file(const char *path, struct err *e)
{
	int fd = make_lock(path);

	if (fd < 0)
		fd = take_over_lock(path);
	if (fd >= 0)
		return fd;
	/* A system that knows no files without a name. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && mark_lock(fd))
		return fd;
	if (fd < 0 && errno == EEXIST)
		err_set(e, ERR_FAILED, "another program is changing it (if none is, remove %s)", path);
	else
		err_set_errno(e, errno, path);
	if (fd >= 0) {
		unlink(path);
		close(fd);
	}
	return -1;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

bool
fs_remove_tree(const char *dir, struct err *e)
{
	return !fs_exists(dir) || nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 ||
	    err_set_errno(e, errno, dir);
}

bool
fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool
fs_make_dirs(const char *path, struct err *e)
{
	char *copy = mem_dup(path);
	bool ok = true;

	for (char *p = copy + 1; ok && *copy; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			ok = err_set_errno(e, errno, copy);
		*p = was;
		if (was == '\0')
			break;
	}
	free(copy);
	return ok;
}

void
fs_join(struct buf *out, const char *dir, const char *name)
{
	buf_clear(out);
	buf_add_str(out, dir);
	if (out->len && out->data[out->len - 1] != '/')
		buf_add_char(out, '/');
	buf_add_str(out, name);
}

bool
fs_program_dir(struct buf *out)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	buf_clear(out);
	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	buf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
	return true;
}
