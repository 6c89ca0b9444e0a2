/* How files are fetched, whoever wants them: what the settings say, and the options that commands have for it. */
#ifndef TUI_CMD_FETCHING_H
#define TUI_CMD_FETCHING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "registry/fetch.h"
#include "tui/config.h"

/* One for each row of fetching.def. */
struct fetching_opts {
	int64_t rate, parallel;		/* below 0, 0: as the settings say */
	bool offline;
};

#define FETCHING_NONE (struct fetching_opts){.rate = -1}

/* The settings with what O says: everything afterwards sees it, be it a question to the hub. */
void fetching_apply(const struct fetching_opts *o, struct config *c);
/* Strings are the settings'. */
struct fetch_options fetching_options(const struct config *c, const atomic_bool *cancel);

#endif
