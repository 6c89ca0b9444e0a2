/* Bringing one registry up to date, and saying what came of it: for sync, and for registry trust and import. */
#ifndef TUI_CMD_OUTCOME_H
#define TUI_CMD_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>

#include "registry/sync.h"
#include "registry/synced.h"
#include "tui/cmd/models.h"
#include "tui/registries.h"

struct outcome {
	const struct registry_row *row;		/* not owned */
	bool ok;
	struct err why;				/* when not */
	struct sync_result result;
	struct snapshot *before, *after;	/* BEFORE may be NULL */
	struct synced_change *changes;
	size_t n_changes;
	struct buf skipped;			/* files that are left out, one a line */
};

/* From FILE, a bundle, or from the host when it is NULL.  How much has come is shown on standard error when that is a
 * terminal, and signals are looked at.  False, with o->why: nothing has changed. */
bool outcome_run(struct outcome *o, const struct registry_row *row, const char *file);
void outcome_done(struct outcome *o);

/* A terminal gets words, at most MAX models (0: all); else lines with tabs: registry, what, model, details. */
void outcome_add(const struct models *m, struct buf *out, const struct outcome *o, size_t max);
json_t *outcome_json(const struct outcome *o);
/* What is not an error, one a line. */
void outcome_warn(const struct outcome *o);

#endif
