/* The state of a file that is being fetched: what of it is on disk, with the digest of each piece, so that nothing has to
 * be believed when the work goes on, and where it comes from.  The text:
 *
 *	minnow part 1
 *	size 806058240
 *	ranges 67108864			the size of one
 *	sha256 HEX			left out when it is not known
 *	source https://…		that the pieces came from; left out before the first
 *	etag "…"			what the source said of the version; left out when it said nothing
 *	range 0 67108864 HEX		index, bytes from its beginning that are there, their XXH3-128
 *	end
 */
#ifndef REGISTRY_PART_H
#define REGISTRY_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/digest.h"

enum {
	PART_RANGES_MAX = 1 << 16,
	PART_BYTES_MAX = 8 << 20,	/* of the text */
	PART_WORD_MAX = 4096,		/* of source and etag */
};

struct part_range {
	uint64_t n;			/* bytes from the range's beginning that are in the file */
	unsigned char xxh3[DIGEST_XXH3_SIZE];
};

struct part_state {
	uint64_t size, range_size;
	bool has_sha256;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	char *source, *etag;		/* may be NULL */
	struct part_range *ranges;
	size_t n_ranges;
};

/* Nothing is there yet.  False: more than PART_RANGES_MAX ranges. */
bool part_init(struct part_state *p, uint64_t size, uint64_t range_size, struct err *e) MUST_CHECK;
void part_done(struct part_state *p);					/* accepts a zeroed one */

/* Read TEXT[0..n); on failure *p is empty. */
bool part_parse(struct part_state *p, const char *text, size_t n, struct err *e) MUST_CHECK;
void part_write(const struct part_state *p, struct buf *out);		/* replaces OUT */

uint64_t part_range_length(const struct part_state *p, size_t index);
bool part_range_is_whole(const struct part_state *p, size_t index);
uint64_t part_n_bytes(const struct part_state *p);			/* that are there */
void part_forget(struct part_state *p);				/* nothing is there any more, nor a source */
/* TEXT is kept when it can be written in a line, else NULL is. */
void part_set_source(struct part_state *p, const char *source, const char *etag);

#endif
