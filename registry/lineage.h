/* How models grew from each other: the tree of a family, the line of one model, and what changed from one to the next.
 * Made of the edges of families and, where these say nothing, of the parents that entries name. */
#ifndef REGISTRY_LINEAGE_H
#define REGISTRY_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/catalog.h"

#define LINEAGE_NONE SIZE_MAX

struct lineage_node {
	const char *id;
	const struct catalog_model *model;	/* NULL: a model without an entry */
	const char *from;		/* the model it grew from, in this tree or not; NULL: none is known */
	const char *kind, *change;	/* of that step; change may be NULL */
	uint64_t year;			/* 0: not known */
	uint64_t year_after;		/* of a model without an entry: when the first grew from it */
	bool unsourced;
	size_t parent;			/* node of FROM, which stands before this one; LINEAGE_NONE: a root */
	size_t depth;
	bool is_last;			/* no sibling (for a root: no other root) follows */
};

/* Strings are the catalogue's. */
struct lineage {
	struct lineage_node *nodes;	/* as a tree is drawn: each before its children */
	size_t n;
};

/* All models of a family and what it says they came from. */
void lineage_of_family(struct lineage *l, const struct catalog *c, const struct family *f);
/* The ancestors of a model, it, and its children. */
void lineage_of_model(struct lineage *l, const struct catalog *c, const struct catalog_model *m);
void lineage_done(struct lineage *l);

/* One thing in which B differs from A; numbers where both texts are NULL. */
struct lineage_change {
	const char *what;		/* "parameters", "context", "licence", … */
	char *from_text, *to_text;	/* NULL on one side: not there */
	uint64_t from, to;
};

/* The caller frees with lineage_changes_done(). */
size_t lineage_changes(const struct entry *a, const struct entry *b, struct lineage_change **changes);
/* The same, and then every other member of an entry but its files: for two versions of one entry. */
size_t lineage_all_changes(const struct entry *a, const struct entry *b, struct lineage_change **changes);
void lineage_changes_done(struct lineage_change *changes, size_t n);

/* A file of the same name that is not the same; NULL: it is new; it is gone.  Both are the entries'. */
struct lineage_file_change {
	const struct entry_file *before, *after;
	bool other_bytes;		/* another hash or size: another download */
};

/* The caller frees *changes. */
size_t lineage_file_changes(const struct entry *a, const struct entry *b, struct lineage_file_change **changes);

#endif
