/* The ways help prints the tables of commands, options, actions, keys and settings. */
#ifndef TUI_CMD_HELP_H
#define TUI_CMD_HELP_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct cmd;
struct opt;

/* The options of C that are listed: P points to one, or is NULL for the first; NULL after the last.
 * An option without a help text works but is not listed anywhere. */
const struct opt *help_next_opt(const struct cmd *c, const struct opt *p);

/* Append to OUT a JSON array with every command (C NULL) or only C. */
void help_json(struct buf *out, const struct cmd *c);

/* Append to OUT the mdoc(7) text of a table: SECTION is "commands", "keys" or "settings".  `make man` splices it
 * into the manual. */
bool help_man(struct buf *out, const char *section, struct err *e) MUST_CHECK;

#endif
