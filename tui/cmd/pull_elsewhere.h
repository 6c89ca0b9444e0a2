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

enum elsewhere_how {
	ELSEWHERE_IN_USE,		/* it was read when it was taken into use, and has not changed */
	ELSEWHERE_SAID,			/* its program says that it has these digests; nobody has read it yet */
	ELSEWHERE_SIZE,			/* its program does not tell digests; the sizes are the same */
};

/* The model whose files are the weights that P wants; NULL: none, or nobody knows the digests. */
const struct adopt_model *pull_elsewhere_find(struct pull_elsewhere *w, const struct models *m, const struct pull_plan *p,
    enum elsewhere_how *how);
/* Take it into use under the name of what was asked for.  One that is not in use yet is read first: ERR_VERIFY when it is
 * not what P wants; ERR_CANCELLED. */
bool pull_elsewhere_use(struct pull_elsewhere *w, const struct pull_plan *p, const struct adopt_model *model,
    enum elsewhere_how how, struct err *e) MUST_CHECK;
void pull_elsewhere_done(struct pull_elsewhere *w);	/* accepts a zeroed one */

#endif
