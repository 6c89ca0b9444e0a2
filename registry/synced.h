/* What a synced registry brings into the catalogue, and how it differs from what it was. */
#ifndef REGISTRY_SYNCED_H
#define REGISTRY_SYNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct catalog_model;
struct snapshot;

/* The registry that was accepted in DIR (sync.h): from the snapshot beside it, or else every file is read, hashed and
 * parsed, and the snapshot written for the next time.  ERR_NOT_FOUND: nothing was accepted yet.  A file that is no good
 * entry, card or family is left out; *SKIPPED (may be NULL) then gets a line each. */
struct snapshot *synced_snapshot(const char *dir, struct buf *skipped, struct err *e) MUST_CHECK;

/* Has the index that was accepted in DIR expired?  *WHY: a sentence for a person, see trust_is_stale(). */
bool synced_is_stale(const char *dir, int64_t now, struct buf *why);

/* What became of a model from one state of a registry to the next. */
struct synced_change {
	const struct catalog_model *before, *after;	/* NULL: it is new; it is gone.  Borrowed from the snapshots */
	bool entry_differs, card_differs;
};

/* By id; OLD may be NULL.  The caller frees *CHANGES. */
size_t synced_changes(const struct snapshot *old, const struct snapshot *new, struct synced_change **changes);

#endif
