/* A setting that changes while minnow runs: checked, saved in the configuration file, and made to count where it can. */
#ifndef TUI_STATE_APPLY_H
#define TUI_STATE_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct app;

/* Setting I of setting.def; VALUE NULL: back to its default, out of the file.  SAID gets a sentence about what came of it.
 * False with *e: nothing was changed. */
bool apply_setting(struct app *app, size_t i, const char *value, struct buf *said, struct err *e) MUST_CHECK;
/* When a change of it counts, as a sentence. */
const char *apply_when(size_t i);

/* Background, glyphs and theme as the settings have them. */
bool apply_looks(struct app *app, struct err *e) MUST_CHECK;
void apply_mouse(struct app *app);

#endif
