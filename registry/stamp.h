/* What is remembered of a file that was verified: its digests, and how the file looked at that moment.  While device,
 * inode, size and time of change are the same, it need not be read again before it is used.  The text:
 *
 *	minnow stamp 1
 *	sha256 HEX
 *	size 806058240
 *	date 1795651200			of the verification, in seconds since 1970
 *	pinned				its SHA-256 was not known before: it is the one of the first download
 *	file 2049 131 1795651200 5	device, inode and time of change of the blob; more lines for copies
 *	damaged 2049 131		the same of one that was read and found damaged
 *	ranges 67108864			the size of one, then the XXH3-128 of each
 *	range HEX
 *	end
 */
#ifndef REGISTRY_STAMP_H
#define REGISTRY_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/digest.h"

enum { STAMP_FILES_MAX = 64 };

struct stamp_file {
	uint64_t device, inode, mtime_s, mtime_ns;
	bool damaged;			/* the times then say nothing */
};

struct stamp {
	unsigned char sha256[DIGEST_SHA256_SIZE];
	uint64_t size, date, range_size;
	bool pinned;
	struct stamp_file files[STAMP_FILES_MAX];
	size_t n_files;
	unsigned char (*ranges)[DIGEST_XXH3_SIZE];
	size_t n_ranges;
};

bool stamp_parse(struct stamp *s, const char *text, size_t n, struct err *e) MUST_CHECK;
void stamp_write(const struct stamp *s, struct buf *out);	/* replaces OUT */
void stamp_done(struct stamp *s);				/* accepts a zeroed one */

/* The file is one of those the stamp is about, and looks as it did. */
bool stamp_holds(const struct stamp *s, const struct stat *st);
/* The file is one of those, whatever became of it since. */
bool stamp_names(const struct stamp *s, const struct stat *st);
/* Add or renew the file; the oldest copy gives way when there is no room. */
void stamp_add_file(struct stamp *s, const struct stat *st);
void stamp_remove_file(struct stamp *s, const struct stat *st);
/* The file is one of those still, but it does not hold until it is added again. */
void stamp_damage_file(struct stamp *s, const struct stat *st);

#endif
