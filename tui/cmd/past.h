/* A model in the history of its registry, for log, diff and blame.  It is read from the objects of the clone; what the
 * history says of authors, dates and reasons, nobody signed. */
#ifndef TUI_CMD_PAST_H
#define TUI_CMD_PAST_H

#include <stdbool.h>

#include "registry/sync.h"
#include "tui/cmd/models.h"
#include "tui/registries.h"

enum { PAST_COMMITS_MAX = 10000, PAST_SHORT = 10 };	/* commits; digits of one that is shown */

struct past {
	const struct catalog_model *model;	/* borrowed from the catalogue */
	struct registries all;
	struct synced *synced;			/* NULL: its registry has no history */
	struct buf folder;			/* "models/FAMILY/ID" */
};

struct past_commit {
	unsigned char id[REPO_ID_BYTES];
	int64_t when;				/* seconds since 1970 */
	char *author, *subject;			/* bytes from outside */
};

/* NAME, without "@REVISION".  A model of the built-in registry opens too, without synced. */
bool past_open(struct past *p, const struct models *m, const char *name, struct err *e) MUST_CHECK;
void past_close(struct past *p);		/* accepts a zeroed one */
/* One sentence when the registry has no history. */
bool past_has_history(const struct past *p, struct err *e) MUST_CHECK;

/* The newest MAX commits that changed the model, newest first.  The caller ends them with past_commits_done(). */
bool past_log(struct past *p, size_t max, struct past_commit **list, size_t *n, struct err *e) MUST_CHECK;
void past_commits_done(struct past_commit *list, size_t n);

/* "vN", a version of the index, or at least four digits of a commit. */
bool past_find_commit(struct past *p, const char *revision, unsigned char id[REPO_ID_BYTES], struct err *e) MUST_CHECK;
/* The version of the index at COMMIT; 0: it cannot be told. */
uint64_t past_version(struct past *p, const unsigned char commit[REPO_ID_BYTES]);

/* A model as it was at COMMIT (NULL: as it is now).  ERR_NOT_FOUND: it was not there. */
struct past_state {
	struct entry entry;
	struct buf card;
};
bool past_read(struct past *p, const unsigned char *commit, struct past_state *s, struct err *e) MUST_CHECK;
void past_state_done(struct past_state *s);	/* accepts a zeroed one */

void past_add_commit(struct buf *out, const unsigned char id[REPO_ID_BYTES]);	/* PAST_SHORT digits */
void past_add_day(struct buf *out, int64_t when);				/* "2026-11-26" */
json_t *past_commit_json(const struct past_commit *c);

#endif
