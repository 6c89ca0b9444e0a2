/* A prompt that is piped in. */
#ifndef TUI_CMD_PROMPT_H
#define TUI_CMD_PROMPT_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* A pipe, a file or a socket has something to say; a terminal or /dev/null is not waited for. */
bool prompt_is_piped(void);
/* Standard input, after a blank line where PROMPT has something already.  RAW: with the newline that ends it. */
bool prompt_add_piped(struct buf *prompt, bool raw, struct err *e) MUST_CHECK;
/* The file PATH likewise. */
bool prompt_add_file(struct buf *prompt, const char *path, struct err *e) MUST_CHECK;

#endif
