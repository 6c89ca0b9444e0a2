/* A thread that hashes a file while another writes it: XXH3-128 of every range, in whatever order and pieces its bytes
 * come, and SHA-256 of the whole, which runs after the ranges that were accepted, from the first on.  The bytes are
 * read back from the file (from memory, as they were just written): the queue holds offsets only, and what is hashed is
 * what the disk was given.  One thread calls all functions here. */
#ifndef REGISTRY_DIGEST_RANGES_H
#define REGISTRY_DIGEST_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "registry/digest.h"

struct digest_ranges;

struct digest_range {
	uint64_t index;
	uint64_t n;			/* bytes from the range's beginning that were hashed */
	unsigned char xxh3[DIGEST_XXH3_SIZE];
	int errnum;			/* not 0: they could not be read (EIO also for a file that is too short) */
};

/* FD stays the caller's and must be readable until _free.  RANGE_SIZE > 0. */
struct digest_ranges *digest_ranges_new(int fd, uint64_t size, uint64_t range_size, struct err *e) MUST_CHECK;
void digest_ranges_free(struct digest_ranges *r);		/* ends the thread at once; accepts NULL */

uint64_t digest_ranges_count(uint64_t size, uint64_t range_size);

/* The first N bytes of range INDEX are in the file.  Waits while the thread is far behind.  When N is the whole range,
 * it comes out of _next once hashed. */
void digest_ranges_add(struct digest_ranges *r, uint64_t index, uint64_t n);
/* Forget what was hashed of a range: it is written again from its beginning. */
void digest_ranges_reset(struct digest_ranges *r, uint64_t index);
/* The range is good: SHA-256 may run over it. */
void digest_ranges_accept(struct digest_ranges *r, uint64_t index);
/* A range that is wholly hashed; false: none now.  _wake_fd is readable while there is one. */
bool digest_ranges_next(struct digest_ranges *r, struct digest_range *done);
int digest_ranges_wake_fd(const struct digest_ranges *r);
/* How far a range was hashed, and the digest so far; WAIT: until everything added before is. */
void digest_ranges_at(struct digest_ranges *r, uint64_t index, bool wait, struct digest_range *at);
/* Bytes that SHA-256 ran over. */
uint64_t digest_ranges_n_sha256(struct digest_ranges *r);
/* Of the whole file.  False: not all ranges are accepted and hashed yet; *errnum is set when they never will be. */
bool digest_ranges_sha256(struct digest_ranges *r, unsigned char out[DIGEST_SHA256_SIZE], int *errnum);

#endif
