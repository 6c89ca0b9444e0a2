/* Large files; see fs_out.h. */
#define _GNU_SOURCE
#include "core/base/fs_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

struct fs_out {
	int fd;
	bool is_cache;
	char *path, *temp;
	uint64_t written, on_its_way;	/* on_its_way: bytes that the disk was asked to take */
};

enum { WRITE_BACK = 16 << 20 };		/* bytes between two such requests */

static bool
check_target(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_FAILED, "%s: is a directory, a file was expected", path);
	return S_ISREG(st.st_mode) || err_set(e, ERR_FAILED, "%s: is not a regular file", path);
}

/* A name nobody uses, with the permissions that the umask gives any new file (mkstemp would keep it private). */
static bool
open_temp(struct fs_out *o, struct err *e)
{
	struct buf name = {0};

	for (int i = 0; i < 1000; i++) {
		buf_clear(&name);
		buf_printf(&name, "%s.%ld-%d.part", o->path, (long)getpid(), i);
		o->fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, o->is_cache ? 0600 : 0666);
		if (o->fd >= 0 || errno != EEXIST)
			break;
	}
	if (o->fd < 0) {
		err_set_errno(e, errno, o->path);
		buf_done(&name);
		return false;
	}
	o->temp = buf_take(&name);
	return true;
}

/* Not knowing is no obstacle: the write itself tells then. */
static bool
check_room(const struct fs_out *o, uint64_t size, struct err *e)
{
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(o->fd, &fs) < 0 || __builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize, &room) ||
	    size <= room)
		return true;
	return err_set(e, ERR_NO_SPACE, "%s: needs %.1f MB, the disk has %.1f MB left", o->path, (double)size * 1e-6,
	    (double)room * 1e-6);
}

static struct fs_out *
open_out(const char *path, uint64_t size, bool is_cache, struct err *e)
{
	struct fs_out *o = mem_new0(1, sizeof *o);

	o->fd = -1;
	o->is_cache = is_cache;
	o->path = mem_dup(path);
	if (check_target(path, e) && open_temp(o, e) && check_room(o, size, e))
		return o;
	fs_out_abort(o);
	return NULL;
}

struct fs_out *
fs_out_open(const char *path, uint64_t size, struct err *e)
{
	return open_out(path, size, false, e);
}

struct fs_out *
fs_out_open_cache(const char *path, uint64_t size, struct err *e)
{
	return open_out(path, size, true, e);
}

/* The disk writes while more is made; else it would all be waited for at the end. */
static void
write_back(struct fs_out *o)
{
	if (o->is_cache || o->written - o->on_its_way < WRITE_BACK)
		return;
#ifdef SYNC_FILE_RANGE_WRITE
	(void)!sync_file_range(o->fd, (off_t)o->on_its_way, (off_t)(o->written - o->on_its_way), SYNC_FILE_RANGE_WRITE);
#endif
	o->on_its_way = o->written;
}

bool
fs_out_add(struct fs_out *o, const void *data, size_t n, struct err *e)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(o->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set_errno(e, errno, o->path);
		p += done;
		n -= (size_t)done;
		o->written += (uint64_t)done;
	}
	write_back(o);
	return true;
}

uint64_t
fs_out_size(const struct fs_out *o)
{
	return o->written;
}

/* The rename itself must survive a power cut.  A folder that cannot be synced is no failure: the file is whole. */
static void
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct buf folder = {0};
	int fd;

	if (slash)
		buf_add(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	else
		buf_add_str(&folder, ".");
	fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	buf_done(&folder);
}

bool
fs_out_commit(struct fs_out *o, struct err *e)
{
	if ((!o->is_cache && fsync(o->fd) < 0) || rename(o->temp, o->path) < 0) {
		err_set_errno(e, errno, o->path);
		fs_out_abort(o);
		return false;
	}
	free(o->temp);
	o->temp = NULL;
	if (!o->is_cache)
		sync_folder(o->path);
	fs_out_abort(o);
	return true;
}

void
fs_out_abort(struct fs_out *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	free(o->path);
	free(o);
}
