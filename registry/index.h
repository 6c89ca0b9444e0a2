/* The index of a registry: every file with its size and SHA-256, under a version that only grows.  It is what is
 * signed; whoever holds a trusted index can tell every byte of the registry from a forged one.  The text form:
 *
 *	minnow index
 *	registry core
 *	version 17
 *	date 2026-11-26T10:00:00Z
 *	expires 2027-02-24T10:00:00Z
 *	file <SHA-256> <size> <path>		one a file, ascending by the bytes of the path
 *	end
 *
 * There is one text for an index: what index_parse accepts, index_write gives back byte for byte. */
#ifndef REGISTRY_INDEX_H
#define REGISTRY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/canon.h"

#define INDEX_BYTES_MAX (20u << 20)	/* of the index itself */
#define INDEX_FILES_MAX 200000u
#define INDEX_FILE_BYTES_MAX (4u << 20)	/* of one file: a registry holds text */
#define INDEX_TREE_BYTES_MAX (256u << 20)	/* of all files */

struct index_file {
	const char *path;	/* not owned: in the index's text */
	uint64_t size;
	unsigned char sha256[32];
};

struct index {
	char registry[CANON_NAME_MAX + 1];
	uint64_t version;
	int64_t date, expires;	/* seconds since 1970 */
	struct index_file *files;
	size_t n_files;
	char *text;		/* paths point into it */
};

/* NULL with *e naming the line and the defect. */
struct index *index_parse(const char *text, size_t n, struct err *e) MUST_CHECK;
void index_free(struct index *ix);		/* accepts NULL */
const struct index_file *index_find(const struct index *ix, const char *path);	/* borrowed, or NULL */

/* FILES of IX need not be sorted yet: they are, and then checked as the parser does. */
bool index_write(struct index *ix, struct buf *out, struct err *e) MUST_CHECK;

#endif
