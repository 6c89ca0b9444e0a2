/* What the files of the store share, and what tests reach in for; nobody else includes this. */
#ifndef REGISTRY_STORE_INSIDE_H
#define REGISTRY_STORE_INSIDE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "registry/stamp.h"
#include "registry/store.h"

enum { STORE_NAME_MAX = 256, STORE_STAMP_BYTES_MAX = 8 << 20 };

struct store {
	char *root;
	int root_fd, blobs, models, stamps, parts, used;	/* folders */
	void (*on_step)(void *arg, const char *step);	/* tests only: called where a process may be cut off */
	void *step_arg;
	bool no_links;					/* tests only: as on a disk without hard links */
};

void store_step(struct store *s, const char *step);

/* A descriptor that holds ROOT/lock until it is closed; -1 with *e set. */
int store_lock(struct store *s, bool exclusive, struct err *e) MUST_CHECK;
int store_open_folder(int parent, const char *name, bool make, struct err *e) MUST_CHECK;
bool store_check_names(const char *model, const char *file, struct err *e) MUST_CHECK;	/* FILE may be NULL */
/* Replace DIR/NAME in one step; a NAME.new that a killed process left is overwritten. */
bool store_write_small(struct store *s, int dir, const char *name, const struct buf *text, struct err *e) MUST_CHECK;
/* A small file of ours; false with *missing when there is none. */
bool store_read_small(int dir, const char *name, size_t limit, struct buf *text, bool *missing, struct err *e) MUST_CHECK;
void store_sync_folder(int dir);

/* The stamp of a blob; false: none, or not one that can be read, and then the bytes count as not verified. */
bool store_read_stamp(struct store *s, const unsigned char *sha256, struct stamp *stamp);
bool store_save_stamp(struct store *s, const struct stamp *stamp, struct err *e) MUST_CHECK;
/* The stamp that names this file; false: none. */
bool store_find_stamp(struct store *s, const struct stat *st, struct stamp *stamp, struct err *e) MUST_CHECK;
/* What is to be said of a file with this stamp; NULL: it has none. */
void store_see(const struct stat *st, const struct stamp *stamp, struct store_seen *seen);
/* ROOT/blobs/sha256/HEX is there and as it was verified. */
bool store_blob_is_verified(struct store *s, const unsigned char *sha256, struct stamp *stamp);

/* store_link() for one who holds the lock. */
bool store_link_locked(struct store *s, const unsigned char *sha256, const char *model, const char *file,
    struct err *e) MUST_CHECK;

/* A file read against its stamp. */
struct store_read {
	int fd;
	const struct stamp *stamp;
	const struct store_verify_options *options;
	bool with_sha256;
	/* The outcome. */
	bool *damaged;					/* by range; the caller frees it */
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

/* False: cancelled, or no memory. */
bool store_read(struct store_read *r, struct err *e) MUST_CHECK;

/* SIZE bytes from the beginning of one file to that of another. */
bool store_copy_bytes(int from, int to, uint64_t size, struct err *e) MUST_CHECK;

/* Call FN for every name in a folder, sorted, "." and ".." apart, until it returns false. */
bool store_each(int dir, bool (*fn)(void *arg, const char *name, struct err *e), void *arg, struct err *e) MUST_CHECK;
bool store_ends_with(const char *s, const char *end);

#endif
