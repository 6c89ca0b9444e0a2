/* A large file written piece by piece beside its final name, which it gets only when it is whole: never a half-written
 * file stands under the name that was asked for.  Small files: fs_write_atomic(). */
#ifndef BASE_FS_OUT_H
#define BASE_FS_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fs_out;

/* Begin PATH, which will have SIZE bytes: refused at once when the disk has less room, or when PATH is something
 * that a rename must not replace (a directory, a device).  NULL with *e set. */
struct fs_out *fs_out_open(const char *path, uint64_t size, struct err *e) MUST_CHECK;
/* The same for a file that may be lost, and that is its owner's alone (mode 0600): commit does not wait for the disk, so a
 * power cut may leave a file that is not whole under the name. */
struct fs_out *fs_out_open_cache(const char *path, uint64_t size, struct err *e) MUST_CHECK;
bool fs_out_add(struct fs_out *o, const void *data, size_t n, struct err *e) MUST_CHECK;
uint64_t fs_out_size(const struct fs_out *o);		/* written so far */
/* fsync (not of a cache), rename, and the end of O; on failure nothing is left behind. */
bool fs_out_commit(struct fs_out *o, struct err *e) MUST_CHECK;
void fs_out_abort(struct fs_out *o);			/* removes what was written; accepts NULL */

#endif
