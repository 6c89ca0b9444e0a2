/* What commands that compute begin with: settings, engine, model by name.
 *
 * Both ways of opening take from this process, for good, what a command that reads and computes does not need: the
 * network, starting programs, and writing files (what is open already stays so).  A file that was made to take over
 * its reader finds nothing to do harm with; a prompt cannot leave.  Whatever else a command has to open for writing, it
 * opens before. */
#ifndef TUI_CMD_LOAD_H
#define TUI_CMD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hf/hf.h"
#include "core/minnow.h"
#include "tui/config.h"

struct loaded {
	struct config config;
	struct buf path;		/* of the model's file */
	struct engine *engine;
	struct model *model;
	struct err draft;		/* why the settings' draft model is not used; kind 0: it is, or there is none */
	bool template_differs;		/* from the one its registry names: load_template_note() */
};

/* Open the model called NAME with THREADS threads (0: as the settings say).  Call load_done in any case. */
bool load_open(struct loaded *l, const char *name, int64_t threads, struct err *e) MUST_CHECK;
/* The same up to the opening of the file at l->path. */
bool load_engine(struct loaded *l, const char *name, int64_t threads, struct err *e) MUST_CHECK;
/* The same with a model that drafts for it; DRAFT NULL: the one of the settings, where it suits. */
bool load_open_drafted(struct loaded *l, const char *name, const char *draft, int64_t threads, struct err *e) MUST_CHECK;
void load_done(struct loaded *l);

/* Find the file of NAME, and look at it in a process of its own (guard.h) unless it is the bundled one.  *path is
 * replaced.  C NULL: settings are read here. */
bool load_find(const struct config *c, const char *name, bool to_run, struct buf *path, struct err *e) MUST_CHECK;
/* Its container alone: what it says of itself, without weights.  *differs (may be NULL): as in struct loaded.  *badge (may be
 * NULL): what is known of its bytes, static; NULL for the guide. */
struct gguf *load_listing(const char *name, struct buf *path, bool *differs, const char **badge, struct err *e) MUST_CHECK;
/* The sentence for that. */
#define LOAD_TEMPLATE_DIFFERS "the chat template in the file is not the one that its registry names " \
	"(minnow inspect --template prints it)"

#endif
