/* A setting as a person is told of it, in the full screen and in plain lines. */
#ifndef TUI_STATE_SETTING_TELL_H
#define TUI_STATE_SETTING_TELL_H

#include <stddef.h>

#include "core/base/buf.h"

struct config;

/* Each appends to OUT. */
void setting_tell_value(const struct config *c, size_t i, struct buf *out);	/* clean, one line; no secret */
/* "config line 3", "MINNOW_MODEL", "this run"; nothing: it is the default. */
void setting_tell_from(const struct config *c, size_t i, struct buf *out);
/* "one of: auto on off", "from 0 to 10"; nothing: any text. */
void setting_tell_range(size_t i, struct buf *out);
/* " Now 12 MB of 3 conversations.": what it has come to; nothing for most. */
void setting_tell_now(const struct config *c, size_t i, struct buf *out);

#endif
