/* Names for bytes of the store: hard links, or copies where the disk has none; see store.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/store.h"
#include "registry/store_inside.h"

/* copy_file_range shares the blocks where the file system can; elsewhere the kernel copies, or it refuses and we do. */
bool
store_copy_bytes(int from, int to, uint64_t size, struct err *e)
{
	enum { PIECE = 1 << 18 };
	char *piece = mem_new0(1, PIECE);
	uint64_t at = 0;
	bool ok = true;

	while (ok && at < size) {
		loff_t in = (loff_t)at, out = (loff_t)at;
		ssize_t n = copy_file_range(from, &in, to, &out, size - at < (1u << 30) ? (size_t)(size - at) : 1u << 30, 0);

		if (n <= 0) {
			n = pread(from, piece, size - at < PIECE ? (size_t)(size - at) : PIECE, (off_t)at);
			if (n > 0)
				n = pwrite(to, piece, (size_t)n, (off_t)at);
		}
		if (n < 0 && errno != EINTR)
			ok = err_set_errno(e, errno, "a copy");
		else if (n == 0)
			ok = err_set(e, ERR_FAILED, "a copy: the file ends after %llu bytes of %llu", (unsigned long long)at,
			    (unsigned long long)size);
		else if (n > 0)
			at += (uint64_t)n;
	}
	free(piece);
	return ok;
}

struct twin {
	const char *name;
	bool found;
};

static bool
look_for_twin(void *arg, const char *name, struct err *e)
{
	struct twin *t = arg;

	(void)e;
	t->found = t->found || (strcasecmp(name, t->name) == 0 && strcmp(name, t->name) != 0);
	return true;
}

/* Two names that differ only in case are one name on some disks. */
static bool
check_twin(int dir, const char *file, struct err *e)
{
	struct twin t = {.name = file};

	if (!store_each(dir, look_for_twin, &t, e))
		return false;
	return !t.found || err_set(e, ERR_FAILED, "%s: the model has a file of that name in other letters", file);
}

/* As DIR/TEMP, written down in the stamp before it gets its name. */
static bool
make_copy(struct store *s, const char *hex, struct stamp *stamp, int dir, const char *temp, struct err *e)
{
	int from = openat(s->blobs, hex, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to = -1;
	struct stat st;
	bool ok = false;

	if (from >= 0)
		to = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		err_set_errno(e, errno, temp);
	else if (store_copy_bytes(from, to, stamp->size, e)) {
		ok = fchmod(to, 0400) == 0 && fsync(to) == 0 && fstat(to, &st) == 0;
		if (ok)
			stamp_add_file(stamp, &st);
		else
			err_set_errno(e, errno, temp);
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	store_step(s, "copy written");
	return ok && store_save_stamp(s, stamp, e);
}

static bool
is_no_link_errno(int errnum)
{
	return errnum == EPERM || errnum == EXDEV || errnum == EMLINK || errnum == EOPNOTSUPP || errnum == ENOSYS;
}

static bool
make_name(struct store *s, const char *hex, struct stamp *stamp, int dir, const char *file, struct err *e)
{
	char temp[STORE_NAME_MAX + 8];

	snprintf(temp, sizeof temp, "%s.new", file);
	if (unlinkat(dir, temp, 0) < 0 && errno != ENOENT)
		return err_set_errno(e, errno, temp);
	if (s->no_links || linkat(s->blobs, hex, dir, temp, 0) < 0) {
		if (!s->no_links && !is_no_link_errno(errno))
			return err_set_errno(e, errno, temp);
		if (!make_copy(s, hex, stamp, dir, temp, e))
			goto fail;
	}
	store_step(s, "link made");
	if (renameat(dir, temp, dir, file) == 0) {
		store_step(s, "link named");
		store_sync_folder(dir);
		return true;
	}
	err_set_errno(e, errno, file);
fail:
	unlinkat(dir, temp, 0);
	return false;
}

static bool
link_in(struct store *s, int dir, struct stamp *stamp, const char *file, struct err *e)
{
	char hex[DIGEST_HEX_MAX];
	struct stat blob, old;

	digest_hex(hex, stamp->sha256, DIGEST_SHA256_SIZE);
	if (!check_twin(dir, file, e))
		return false;
	if (fstatat(s->blobs, hex, &blob, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set_errno(e, errno, hex);
	/* rename() of two names of one file would leave both. */
	if (fstatat(dir, file, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ((old.st_dev == blob.st_dev && old.st_ino == blob.st_ino) || stamp_holds(stamp, &old)))
		return true;
	return make_name(s, hex, stamp, dir, file, e);
}

bool
store_link_locked(struct store *s, const unsigned char *sha256, const char *model, const char *file, struct err *e)
{
	struct stamp stamp;
	bool ok = false;
	int dir;

	if (!store_check_names(model, file, e))
		return false;
	if (!store_blob_is_verified(s, sha256, &stamp))
		return err_set(e, ERR_NOT_FOUND, "%s: its bytes are not in the store, or changed since they were verified", file);
	dir = store_open_folder(s->models, model, true, e);
	if (dir >= 0) {
		store_sync_folder(s->models);
		store_step(s, "folder made");
		ok = link_in(s, dir, &stamp, file, e);
		close(dir);
	}
	stamp_done(&stamp);
	return ok;
}

bool
store_link(struct store *s, const unsigned char *sha256, const char *model, const char *file, struct err *e)
{
	int lock = store_lock(s, true, e);
	bool ok;

	if (lock < 0)
		return false;
	ok = store_link_locked(s, sha256, model, file, e);
	close(lock);
	return ok;
}
