/* Files: read-only mappings, whole reads, atomic writes, paths. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct fs_map {
	const uint8_t *data;	/* NULL for an empty file */
	size_t size;
};

/* Map a regular file read-only.  Directories, devices and pipes are refused. */
bool fs_map_open(struct fs_map *m, const char *path, struct err *e) MUST_CHECK;
void fs_map_close(struct fs_map *m);		/* accepts a zeroed one */
/* The pages of [offset, offset+size) were copied elsewhere and need not stay in memory. */
void fs_map_drop(const struct fs_map *m, size_t offset, size_t size);

/* The whole file (or all of an open descriptor), at most LIMIT bytes. */
bool fs_read(struct buf *out, const char *path, size_t limit, struct err *e) MUST_CHECK;
bool fs_read_fd(struct buf *out, int fd, const char *name, size_t limit, struct err *e) MUST_CHECK;

/* Replace PATH in one step: written beside it, fsync, rename.  On failure PATH is as it was. */
bool fs_write_atomic(const char *path, const void *data, size_t n, struct err *e) MUST_CHECK;

/* What is called A is called B afterwards, and the other way around; in one step, where the system has that. */
bool fs_exchange(const char *a, const char *b, struct err *e) MUST_CHECK;
/* A lock as git and others have it, the file PATH that is there as long as somebody works: unlink() it, then close().  One that
 * a killed process of ours left is taken over.  -1, ERR_FAILED: somebody has it. */
int fs_lock_file(const char *path, struct err *e) MUST_CHECK;

/* A folder with all that is in it, links themselves and nothing they lead to; one that is not there is no error. */
bool fs_remove_tree(const char *dir, struct err *e) MUST_CHECK;

bool fs_exists(const char *path);
bool fs_make_dirs(const char *path, struct err *e) MUST_CHECK;	/* mode 0700, like mkdir -p */
void fs_join(struct buf *out, const char *dir, const char *name);	/* replaces OUT */
/* Directory of the running program; false where the system does not tell. */
bool fs_program_dir(struct buf *out);

#endif
