/* Writing in the person's own editor, which has the terminal meanwhile. */
#ifndef TUI_TERM_OWN_EDITOR_H
#define TUI_TERM_OWN_EDITOR_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct display;

/* TEXT is replaced by what was written.  COMMAND: as in $EDITOR, read by the shell.  D (may be NULL) is paused; Ctrl-Z in the
 * editor stops this program as well.  False with a sentence: the editor failed, TEXT is as it was. */
bool own_editor_run(struct display *d, const char *command, struct buf *text, struct err *e) MUST_CHECK;

#endif
