/* What commands that compute begin with: settings, engine, model by name. */
#ifndef TUI_CMD_LOAD_H
#define TUI_CMD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/minnow.h"
#include "tui/config.h"

struct loaded {
	struct config config;
	struct engine *engine;
	struct model *model;
};

/* Open the model called NAME with THREADS threads (0: as the settings say).  Call load_done in any case. */
bool load_open(struct loaded *l, const char *name, int64_t threads, struct err *e) MUST_CHECK;
void load_done(struct loaded *l);

#endif
