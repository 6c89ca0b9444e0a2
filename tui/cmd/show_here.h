/* The part of minnow show that is about this machine: which files of a model are here, and what is known of their bytes. */
#ifndef TUI_CMD_SHOW_HERE_H
#define TUI_CMD_SHOW_HERE_H

#include <stdbool.h>

#include "registry/kept.h"
#include "registry/stock.h"
#include "tui/cmd/models.h"

struct show_here {
	struct store *store;		/* NULL: nothing was ever downloaded */
	struct stock stock;
	bool *picked;			/* by item of the stock: what is shown */
};

bool show_here_open(struct show_here *h, const struct models *m, struct err *e) MUST_CHECK;
void show_here_close(struct show_here *h);	/* accepts a half-opened one */

/* Pick the files of MODEL, or those of one format (QUANT, may be NULL). */
void show_here_pick(struct show_here *h, const struct catalog_model *model, const char *quant);
/* Pick what NAME means of the models that no registry has; ERR_NOT_FOUND.  *KEPT, to be freed: what was kept with it;
 * zeroed when there is nothing. */
bool show_here_find(struct show_here *h, const char *name, struct kept *kept, struct err *e) MUST_CHECK;

/* What was picked: a line each, with its badge; nothing for nothing. */
void show_here_add(const struct models *m, struct buf *out, const struct show_here *h);
json_t *show_here_json(const struct show_here *h);

/* A file that is called by its path. */
void show_here_add_path(const struct models *m, struct buf *out, const char *path);
json_t *show_here_path_json(const struct models *m, const char *path);

#endif
