/* The head of a git bundle, version 2 (gitformat-bundle(5)): how a registry travels without a network.
 *
 *	# v2 git bundle
 *	-<40 hexadecimal digits> …		commits that the reader must have; may be none
 *	<40 hexadecimal digits> refs/heads/main
 *	<40 hexadecimal digits> HEAD
 *	(an empty line, then the pack)						*/
#ifndef REGISTRY_BUNDLE_H
#define REGISTRY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define BUNDLE_ID_BYTES 20
#define BUNDLE_NEEDS_MAX 64
#define BUNDLE_HEAD_MAX 65536u

struct bundle {
	unsigned char commit[BUNDLE_ID_BYTES];		/* of refs/heads/main, or of the only branch there is */
	unsigned char needs[BUNDLE_NEEDS_MAX][BUNDLE_ID_BYTES];
	size_t n_needs;
	size_t pack_at;					/* offset of the pack */
};

bool bundle_parse(struct bundle *b, const char *text, size_t n, struct err *e) MUST_CHECK;
void bundle_write_head(const struct bundle *b, struct buf *out);

#endif
