/* What minnow pull finds of a model in the folders of other programs: the same bytes need not be downloaded. */
#ifndef TUI_CMD_PULL_ELSEWHERE_H
#define TUI_CMD_PULL_ELSEWHERE_H

#include <stdbool.h>

#include "core/base/err.h"
#include "registry/adopt.h"
#include "registry/pull.h"
#include "tui/cmd/models.h"

struct pull_elsewhere {
	const struct models *m;
	struct buf root;		/* of the store */
	struct adopt_index used;
	struct adopt_found found;
	bool looked;
};

/* The model whose files are the weights that P wants, by their SHA-256; NULL: none, or nobody knows the digests.  *IN_USE:
 * it is in use already, unchanged; else its program says that it is, and nobody has read it yet. */
const struct adopt_model *pull_elsewhere_find(struct pull_elsewhere *w, const struct models *m, const struct pull_plan *p,
    bool *in_use);
/* Take it into use under the name of what was asked for.  One that is not in use yet is read first: ERR_VERIFY when it is
 * not what its program says; ERR_CANCELLED. */
bool pull_elsewhere_use(struct pull_elsewhere *w, const struct pull_plan *p, const struct adopt_model *model, bool in_use,
    struct err *e) MUST_CHECK;
void pull_elsewhere_done(struct pull_elsewhere *w);	/* accepts a zeroed one */

#endif
