/* Folders of other programs; see adopt_kind.h.  The walk goes component by component, so that no link is followed without
 * being looked at; the path so far is kept without links, and ".." goes back to the root and down again. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt_kind.h"

enum { STEPS_MAX = 64 };		/* folders and links of one path */

#ifndef O_NOATIME
#define O_NOATIME 0
#endif

int
adopt_open(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_NOATIME | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == EPERM)			/* only the owner may leave the time alone */
		fd = openat(dir, name, flags | O_NONBLOCK | O_CLOEXEC);
	return fd;
}

bool
adopt_dir_open(struct adopt_dir *d, const char *root, struct err *e)
{
	*d = (struct adopt_dir){.root = mem_dup(root)};
	d->fd = adopt_open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY);
	d->real = d->fd >= 0 ? realpath(root, NULL) : NULL;
	return d->real || err_set_errno(e, errno, root);
}

void
adopt_dir_close(struct adopt_dir *d)
{
	if (d->root && d->fd >= 0)
		close(d->fd);
	free(d->root);
	free(d->real);
	*d = (struct adopt_dir){0};
}

struct walk {
	const struct adopt_dir *dir;
	int fd;				/* the folder, or the file, that DONE is */
	struct buf done, ahead;		/* below the root */
};

static bool
enter(struct walk *w, const char *name, int flags, struct err *e)
{
	int fd = adopt_open(w->fd, name, flags | O_RDONLY | O_NOFOLLOW);

	if (fd < 0)
		return err_set_errno(e, errno, name);
	close(w->fd);
	w->fd = fd;
	return true;
}

static bool
go_to_root(struct walk *w, struct err *e)
{
	int fd = adopt_open(w->dir->fd, ".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return err_set_errno(e, errno, w->dir->root);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	return true;
}

/* What is still to go begins with this word, which is cut off; an empty one at the end. */
static char *
next_word(struct walk *w)
{
	const char *s = buf_str(&w->ahead);
	size_t skip = strspn(s, "/"), n = strcspn(s + skip, "/");
	char *word = mem_new0(n + 1, 1);

	memcpy(word, s + skip, n);
	buf_erase(&w->ahead, 0, skip + n);
	return word;
}

static bool
is_through(const struct walk *w)
{
	const char *s = buf_str(&w->ahead);

	return s[strspn(s, "/")] == '\0';
}

static void
put_before(struct walk *w, const char *path)
{
	buf_insert(&w->ahead, 0, "/", 1);
	buf_insert(&w->ahead, 0, path, strlen(path));
}

/* Back to the root, to walk what is done without its last folder once more. */
static bool
go_up(struct walk *w, struct err *e)
{
	char *slash;

	if (!w->done.len)
		return err_set(e, ERR_FAILED, "it leads out of the folder");
	slash = strrchr(w->done.data, '/');
	buf_truncate(&w->done, slash ? (size_t)(slash - w->done.data) : 0);
	put_before(w, buf_str(&w->done));
	buf_clear(&w->done);
	return go_to_root(w, e);
}

static bool
follow(struct walk *w, const char *name, struct err *e)
{
	char target[ADOPT_WORD_MAX];
	ssize_t n = readlinkat(w->fd, name, target, sizeof target - 1);
	size_t root = strlen(w->dir->real);

	if (n < 0)
		return err_set_errno(e, errno, name);
	target[n] = '\0';
	if (target[0] != '/') {
		put_before(w, target);
		return true;
	}
	if (strncmp(target, w->dir->real, root) != 0 || target[root] != '/')
		return err_set(e, ERR_FAILED, "%s: a link that leads out of the folder", name);
	put_before(w, target + root);
	buf_clear(&w->done);
	return go_to_root(w, e);
}

static bool
step(struct walk *w, const char *name, struct err *e)
{
	struct stat st;

	if (!*name || strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0)
		return go_up(w, e);
	if (fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set_errno(e, errno, name);
	if (S_ISLNK(st.st_mode))
		return follow(w, name, e);
	if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || !is_through(w)))
		return err_set(e, ERR_FAILED, "%s: is no %s", name, is_through(w) ? "regular file" : "folder");
	if (!enter(w, name, S_ISDIR(st.st_mode) ? O_DIRECTORY : 0, e))
		return false;
	if (w->done.len)
		buf_add_char(&w->done, '/');
	buf_add_str(&w->done, name);
	return true;
}

int
adopt_dir_at(const struct adopt_dir *d, const char *rel, struct buf *real, struct err *e)
{
	struct walk w = {.dir = d, .fd = -1};
	bool ok = go_to_root(&w, e);

	buf_add_str(&w.ahead, rel);
	for (int n = 0; ok && !is_through(&w); n++) {
		char *word = next_word(&w);

		ok = n < STEPS_MAX ? step(&w, word, e) : err_set(e, ERR_FAILED, "%s: too many folders and links", rel);
		free(word);
	}
	if (ok && real) {
		buf_clear(real);
		buf_add_str(real, buf_str(&w.done));
	}
	buf_done(&w.done);
	buf_done(&w.ahead);
	if (!ok && w.fd >= 0)
		close(w.fd);
	return ok ? w.fd : -1;
}

bool
adopt_is_folder(int fd)
{
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

	if (fd >= 0)
		close(fd);
	return is;
}

bool
adopt_dir_read(const struct adopt_dir *d, const char *rel, size_t limit, struct buf *text, struct err *e)
{
	int fd = adopt_dir_at(d, rel, NULL, e);
	struct stat st;
	bool ok;

	if (fd < 0)
		return false;
	buf_clear(text);
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fs_read_fd(text, fd, rel, limit, e) :
	    err_set(e, ERR_FAILED, "%s: is no regular file", rel);
	close(fd);
	return ok;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
adopt_dir_names(struct adopt_dir *d, const char *rel, struct adopt_names *names, struct err *e)
{
	int fd = adopt_dir_at(d, rel, NULL, e);
	DIR *dir;

	*names = (struct adopt_names){0};
	if (fd < 0)
		return false;
	dir = fdopendir(fd);
	if (!dir) {
		err_set_errno(e, errno, *rel ? rel : d->root);
		close(fd);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(dir)) && names->n <= ADOPT_NAMES_MAX;) {
		if (entry->d_name[0] == '.')
			continue;
		names->at = mem_grow(names->at, names->n + 1, sizeof *names->at);
		names->at[names->n++] = mem_dup(entry->d_name);
	}
	closedir(dir);
	d->n_visits += names->n;
	if (names->n > ADOPT_NAMES_MAX || d->n_visits > ADOPT_VISITS_MAX) {
		adopt_names_done(names);
		return err_set(e, ERR_FAILED, "%s: too many files to look at", *rel ? rel : d->root);
	}
	if (names->n)
		qsort(names->at, names->n, sizeof *names->at, by_name);
	return true;
}

void
adopt_names_done(struct adopt_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
	*names = (struct adopt_names){0};
}

void
adopt_file_set(struct adopt_file *f, const struct stat *st)
{
	f->size = (uint64_t)st->st_size;
	f->inode = (uint64_t)st->st_ino;
	f->mtime_s = (uint64_t)st->st_mtim.tv_sec;
	f->mtime_ns = (uint64_t)st->st_mtim.tv_nsec;
}

bool
adopt_file_is(const struct adopt_file *f, const struct stat *st)
{
	struct adopt_file now = {0};

	adopt_file_set(&now, st);
	return S_ISREG(st->st_mode) && now.size == f->size && now.inode == f->inode && now.mtime_s == f->mtime_s &&
	    now.mtime_ns == f->mtime_ns;
}
