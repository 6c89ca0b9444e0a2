/* A family of models: who makes it, its idea, and how its members grew from each other.
 * models/<family>/family.json, in canonical form; minnow-registry(5). */
#ifndef REGISTRY_FAMILY_H
#define REGISTRY_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define FAMILY_FORMAT 1
enum { FAMILY_BYTES_MAX = 1 << 20, FAMILY_EDGES_MAX = 4096 };

struct family_edge {
	char *from, *to;	/* ids; either may have no entry */
	char *kind;		/* "successor", "fine-tune", … */
	char *change;		/* what is new in TO */
	uint64_t year;		/* 0: not known */
	bool unsourced;		/* from general knowledge */
};

struct family {
	char *id, *name, *maker, *idea;
	char *newest;		/* the newest open generation; may be NULL */
	uint64_t first_year;	/* 0: not known */
	struct family_edge *edges;
	size_t n_edges;
};

/* On failure *f is empty and *e names the member. */
bool family_parse(struct family *f, const char *text, size_t n, struct err *e) MUST_CHECK;
void family_done(struct family *f);		/* accepts a zeroed one */
void family_write(const struct family *f, struct buf *out);	/* the canonical form */

#endif
