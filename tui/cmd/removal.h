/* What rm and gc share: say what goes, ask, do it, say what came of it. */
#ifndef TUI_CMD_REMOVAL_H
#define TUI_CMD_REMOVAL_H

#include <jansson.h>
#include <stdbool.h>

#include "registry/store.h"
#include "tui/cmd/models.h"

struct removal_opts {
	bool yes, dry_run, json;
};

/* The rows of their options. */
#define REMOVAL_OPTS \
	{"yes", 'y', OPT_FLAG, NULL, N_("do not ask"), offsetof(struct removal_opts, yes), 0, 0, NULL}, \
	{"dry-run", 'n', OPT_FLAG, NULL, N_("say what would be removed, and remove nothing"), \
	    offsetof(struct removal_opts, dry_run), 0, 0, NULL}, \
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON object"), offsetof(struct removal_opts, json), 0, 0, NULL}, \
	{0}

/* OUT, freed here, is what goes, as text of whole lines, or ITEMS (taken; NULL without --json) says it.  Asks where somebody
 * can be asked.  A person who says no, and --dry-run, change nothing. */
bool removal_run(const struct models *m, struct store *store, const struct store_plan *plan, const struct removal_opts *o,
    struct buf *out, json_t *items, struct err *e) MUST_CHECK;

#endif
