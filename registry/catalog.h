/* What the registries hold, in memory: entries, cards and families by name.
 *
 * Fed file by file, from the registry that is part of the program or from a synced one.  Inside a registry no two ids
 * may look alike; the same id in two registries is two models, and its short name is then no name. */
#ifndef REGISTRY_CATALOG_H
#define REGISTRY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "registry/entry.h"
#include "registry/family.h"

#define CATALOG_BUILTIN "builtin"	/* the name of the registry that is part of the program */

enum {
	CATALOG_MODELS_MAX = 50000,
	CATALOG_CARD_MAX = 32 << 10,		/* bytes of one card.md */
	CATALOG_BYTES_MAX = 64 << 20,		/* of all files */
};

struct catalog;
struct snapshot;

struct catalog_model {
	struct entry entry;
	char *registry;
	char *card;		/* Markdown, text from outside; may be NULL */
};

struct catalog *catalog_new(void);
void catalog_free(struct catalog *c);		/* accepts NULL */

/* One file of a registry: PATH is models/<family>/<id>/entry.json or card.md, or models/<family>/family.json.  A file
 * that is refused leaves no trace. */
bool catalog_add(struct catalog *c, const char *registry, const char *path, const char *text, size_t n,
    struct err *e) MUST_CHECK;
/* An entry with its card that was read and checked before: nothing is copied, so it has to outlive the catalogue. */
bool catalog_add_known(struct catalog *c, const char *registry, const struct catalog_model *m, struct err *e) MUST_CHECK;
/* Many: each begins with a line of U+001E and its path. */
bool catalog_add_pack(struct catalog *c, const char *registry, const char *text, size_t n, struct err *e) MUST_CHECK;
/* The registry that is part of the program. */
bool catalog_add_builtin(struct catalog *c, struct err *e) MUST_CHECK;
/* Its files one by one, until EACH returns false with *e set. */
bool catalog_each_builtin(bool (*each)(void *ctx, const char *path, const char *text, size_t n, struct err *e), void *ctx,
    struct err *e) MUST_CHECK;
bool catalog_each_packed(const char *text, size_t n,
    bool (*each)(void *ctx, const char *path, const char *text, size_t n, struct err *e), void *ctx, struct err *e) MUST_CHECK;

/* A registry that was read before (snapshot.h), which the catalogue owns from now on, also when it is refused. */
bool catalog_add_snapshot(struct catalog *c, const char *registry, struct snapshot *taken, struct err *e) MUST_CHECK;
/* Snapshot I and the number of its first model; the others follow it.  NULL past the last. */
const struct snapshot *catalog_snapshot_at(const struct catalog *c, size_t i, size_t *first);

/* In the order in which they came; NULL past the last. */
const struct catalog_model *catalog_model_at(const struct catalog *c, size_t i);
const struct family *catalog_family_at(const struct catalog *c, size_t i);

/* ID, or REGISTRY/ID, in letters of any case.  ERR_NOT_FOUND with names that are near; ERR_USAGE when several registries
 * have it and it is not the same: copies with the same files, template and licence are one model, the first counts. */
const struct catalog_model *catalog_find(const struct catalog *c, const char *name, struct err *e) MUST_CHECK;
/* The same, or NULL.  From registry FROM (NULL: any). */
const struct catalog_model *catalog_get(const struct catalog *c, const char *from, const char *id);
/* Is a registry of this name, of LEN bytes, among them? */
bool catalog_has_registry(const struct catalog *c, const char *name, size_t len);
const struct family *catalog_find_family(const struct catalog *c, const char *id);	/* or NULL */

/* Append up to MAX names of models and families that NAME may have meant, nearest first, as "a", "b" or "c"; how many. */
size_t catalog_near(const struct catalog *c, const char *name, size_t max, struct buf *out);

#endif
