/* The store: its folders, its lock, its small files, and what is in it; see store.h. */
#define _GNU_SOURCE
#include "registry/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/store_inside.h"

/* The Cache Directory Tagging Specification 0.6: backup programs leave the folder out. */
static const char tag[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Models that minnow fetched; it can fetch them again.\n";

void
store_step(struct store *s, const char *step)
{
	if (s->on_step)
		s->on_step(s->step_arg, step);
}

bool
store_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

bool
store_check_names(const char *model, const char *file, struct err *e)
{
	if (!check_id(model, e))
		return err_wrap(e, "the name of the model");
	if (file && !check_file_name(file, e))
		return err_wrap(e, "the name of the file");
	return true;
}

int
store_open_folder(int parent, const char *name, bool make, struct err *e)
{
	int fd;

	if (make && mkdirat(parent, name, 0700) < 0 && errno != EEXIST) {
		err_set_errno(e, errno, name);
		return -1;
	}
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		err_set(e, errno == ELOOP ? ERR_FAILED : ERR_NOT_FOUND, "%s: is no folder", name);
	else if (fd < 0)
		err_set_errno(e, errno, name);
	return fd;
}

/* ROOT itself may be a link that its owner made.  Others have no business there. */
static bool
open_root(struct store *s, struct err *e)
{
	struct stat st;

	s->root_fd = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0 || fstat(s->root_fd, &st) < 0)
		return err_set_errno(e, errno, s->root);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_FAILED, "%s: belongs to another user", s->root);
	if ((st.st_mode & 077) && fchmod(s->root_fd, 0700) < 0)
		return err_set_errno(e, errno, s->root);
	return true;
}

static bool
write_tag(struct store *s, struct err *e)
{
	struct buf text = {0};
	bool ok = true;

	if (faccessat(s->root_fd, "CACHEDIR.TAG", F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		buf_add_str(&text, tag);
		ok = store_write_small(s, s->root_fd, "CACHEDIR.TAG", &text, e);
	}
	buf_done(&text);
	return ok;
}

static bool
open_folders(struct store *s, bool make, struct err *e)
{
	int blobs = store_open_folder(s->root_fd, "blobs", make, e);

	if (blobs < 0)
		return false;
	s->blobs = store_open_folder(blobs, "sha256", make, e);
	close(blobs);
	if (s->blobs < 0)
		return false;
	s->models = store_open_folder(s->root_fd, "models", make, e);
	if (s->models < 0)
		return false;
	s->stamps = store_open_folder(s->root_fd, "stamps", make, e);
	if (s->stamps < 0)
		return false;
	s->parts = store_open_folder(s->root_fd, "parts", make, e);
	if (s->parts < 0)
		return false;
	s->used = store_open_folder(s->root_fd, "used", make, e);
	return s->used >= 0;
}

static struct store *
new_store(const char *root)
{
	struct store *s = mem_new0(1, sizeof *s);

	s->root = mem_dup(root);
	s->root_fd = s->blobs = s->models = s->stamps = s->parts = s->used = -1;
	return s;
}

struct store *
store_open(const char *root, struct err *e)
{
	struct store *s = new_store(root);
	int lock;
	bool ok;

	if (!fs_make_dirs(root, e) || !open_root(s, e))
		goto fail;
	lock = store_lock(s, true, e);
	if (lock < 0)
		goto fail;
	ok = open_folders(s, true, e) && write_tag(s, e);
	close(lock);
	if (ok)
		return s;
fail:
	err_wrap(e, "the store of models");
	store_close(s);
	return NULL;
}

struct store *
store_open_made(const char *root, bool *missing, struct err *e)
{
	struct store *s = new_store(root);
	struct err why = {0};

	if (open_root(s, &why) && open_folders(s, false, &why))
		return s;
	*missing = why.kind == ERR_NOT_FOUND;
	if (!*missing && e)
		*e = why;
	if (!*missing)
		err_wrap(e, "the store of models");
	store_close(s);
	return NULL;
}

static void
close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	close_one(s->root_fd);
	close_one(s->blobs);
	close_one(s->models);
	close_one(s->stamps);
	close_one(s->parts);
	close_one(s->used);
	free(s->root);
	free(s);
}

const char *
store_root(const struct store *s)
{
	return s->root;
}

/* A descriptor of its own each time: flock then holds between the threads of a process as well. */
int
store_lock(struct store *s, bool exclusive, struct err *e)
{
	int fd = openat(s->root_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd >= 0)
		do
			rc = flock(fd, exclusive ? LOCK_EX : LOCK_SH);
		while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return fd;
	err_set_errno(e, errno, "lock");
	close_one(fd);
	return -1;
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
store_write_small(struct store *s, int dir, const char *name, const struct buf *text, struct err *e)
{
	char temp[STORE_NAME_MAX + 8];
	int fd, saved;

	snprintf(temp, sizeof temp, "%s.new", name);
	if (unlinkat(dir, temp, 0) < 0 && errno != ENOENT)
		return err_set_errno(e, errno, temp);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set_errno(e, errno, temp);
	store_step(s, "small file begun");
	if (write_all(fd, buf_str(text), text->len) && fsync(fd) == 0) {
		store_step(s, "small file written");
		if (renameat(dir, temp, dir, name) == 0) {
			close(fd);
			store_step(s, "small file renamed");
			return true;
		}
	}
	saved = errno;
	close(fd);
	unlinkat(dir, temp, 0);
	return err_set_errno(e, saved, name);
}

bool
store_read_small(int dir, const char *name, size_t limit, struct buf *text, bool *missing, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok;

	*missing = fd < 0 && errno == ENOENT;
	buf_clear(text);
	if (fd < 0)
		return err_set_errno(e, errno, name);
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fs_read_fd(text, fd, name, limit, e) :
	    err_set(e, ERR_FAILED, "%s: is not a regular file", name);
	close(fd);
	return ok;
}

/* A name must survive a power cut.  A folder that cannot be synced is no failure: the file is whole. */
void
store_sync_folder(int dir)
{
	fsync(dir);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
store_each(int dir, bool (*fn)(void *arg, const char *name, struct err *e), void *arg, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	char **names = NULL;
	size_t n = 0;
	bool ok = true;

	if (!d) {
		err_set_errno(e, errno, "a folder of the store");
		close_one(copy);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(d));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = mem_grow(names, n + 1, sizeof *names);
		names[n++] = mem_dup(entry->d_name);
	}
	closedir(d);
	if (n)
		qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		ok = ok && fn(arg, names[i], e);
		free(names[i]);
	}
	free(names);
	return ok;
}

/* ---- stamps ---- */

static bool
read_stamp(struct store *s, const char *name, struct stamp *stamp)
{
	struct buf text = {0};
	bool missing, ok;

	*stamp = (struct stamp){0};
	ok = store_read_small(s->stamps, name, STORE_STAMP_BYTES_MAX, &text, &missing, NULL) &&
	    stamp_parse(stamp, buf_str(&text), text.len, NULL);
	buf_done(&text);
	return ok;
}

bool
store_read_stamp(struct store *s, const unsigned char *sha256, struct stamp *stamp)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	if (!read_stamp(s, hex, stamp))
		return false;
	if (memcmp(stamp->sha256, sha256, DIGEST_SHA256_SIZE) == 0)
		return true;
	stamp_done(stamp);
	return false;
}

bool
store_save_stamp(struct store *s, const struct stamp *stamp, struct err *e)
{
	char hex[DIGEST_HEX_MAX];
	struct buf text = {0};
	bool ok;

	digest_hex(hex, stamp->sha256, DIGEST_SHA256_SIZE);
	stamp_write(stamp, &text);
	ok = store_write_small(s, s->stamps, hex, &text, e);
	buf_done(&text);
	store_sync_folder(s->stamps);
	return ok;
}

struct search {
	struct store *store;
	const struct stat *st;
	struct stamp *stamp;
	bool found, holds;
};

/* One that holds comes before one that only has the inode, which may be that of a file that is gone. */
static bool
look_at_stamp(void *arg, const char *name, struct err *e)
{
	struct search *search = arg;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct stamp stamp;
	bool holds;

	(void)e;
	if (search->holds || !digest_from_hex(sha256, sizeof sha256, name, strlen(name)) ||
	    !store_read_stamp(search->store, sha256, &stamp))
		return true;
	holds = stamp_holds(&stamp, search->st);
	if (!holds && (search->found || !stamp_names(&stamp, search->st))) {
		stamp_done(&stamp);
		return true;
	}
	stamp_done(search->stamp);
	*search->stamp = stamp;
	search->found = true;
	search->holds = holds;
	return true;
}

bool
store_find_stamp(struct store *s, const struct stat *st, struct stamp *stamp, struct err *e)
{
	struct search search = {.store = s, .st = st, .stamp = stamp};

	*stamp = (struct stamp){0};
	return store_each(s->stamps, look_at_stamp, &search, e) && search.found;
}

bool
store_blob_is_verified(struct store *s, const unsigned char *sha256, struct stamp *stamp)
{
	char hex[DIGEST_HEX_MAX];
	struct stat st;

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	if (!store_read_stamp(s, sha256, stamp))
		return false;
	if (fstatat(s->blobs, hex, &st, AT_SYMLINK_NOFOLLOW) == 0 && stamp_holds(stamp, &st))
		return true;
	stamp_done(stamp);
	return false;
}

/* ---- what is there ---- */

void
store_see(const struct stat *st, const struct stamp *stamp, struct store_seen *seen)
{
	*seen = (struct store_seen){.trust = STORE_UNKNOWN, .size = (uint64_t)st->st_size};
	if (!stamp)
		return;
	seen->trust = stamp_holds(stamp, st) ? STORE_VERIFIED : STORE_CHANGED;
	memcpy(seen->sha256, stamp->sha256, sizeof seen->sha256);
	seen->pinned = stamp->pinned;
	seen->date = stamp->date;
}

static bool
look_at(struct store *s, const struct stat *st, struct store_seen *seen, struct err *e)
{
	struct stamp stamp;
	struct err why = {0};

	store_see(st, NULL, seen);
	if (!S_ISREG(st->st_mode))
		return true;
	if (!store_find_stamp(s, st, &stamp, &why)) {
		if (why.kind != ERR_NONE && e)
			*e = why;
		return why.kind == ERR_NONE;
	}
	store_see(st, &stamp, seen);
	stamp_done(&stamp);
	return true;
}

bool
store_look_fd(struct store *s, int fd, struct store_seen *seen, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set_errno(e, errno, "the opened file");
	return look_at(s, &st, seen, e);
}

bool
store_look(struct store *s, const char *model, const char *file, struct store_seen *seen, struct err *e)
{
	struct err why = {0};
	struct stat st;
	int dir, rc;

	*seen = (struct store_seen){.trust = STORE_ABSENT};
	if (!store_check_names(model, file, e))
		return false;
	dir = store_open_folder(s->models, model, false, &why);
	if (dir < 0) {
		if (why.kind != ERR_NOT_FOUND && e)
			*e = why;
		return why.kind == ERR_NOT_FOUND;
	}
	rc = fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW);
	close(dir);
	if (rc < 0)
		return errno == ENOENT || err_set_errno(e, errno, file);
	return look_at(s, &st, seen, e);
}

/* Nothing hangs on it, so it is not synced and asks for no lock. */
void
store_touch(struct store *s, const unsigned char *sha256)
{
	char hex[DIGEST_HEX_MAX];
	int fd;

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	fd = openat(s->used, hex, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}

bool
store_path(const struct store *s, const char *model, const char *file, struct buf *path, struct err *e)
{
	if (!store_check_names(model, file, e))
		return false;
	buf_clear(path);
	buf_printf(path, "%s/models/%s/%s", s->root, model, file);
	return true;
}

bool
store_folder(const struct store *s, const char *model, struct buf *path, struct err *e)
{
	if (!store_check_names(model, NULL, e))
		return false;
	buf_clear(path);
	buf_printf(path, "%s/models/%s", s->root, model);
	return true;
}
