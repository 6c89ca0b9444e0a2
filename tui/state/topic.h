/* What a prompt is about, by the words in it (topic.def): only a default for a vote, a person may call it anything. */
#ifndef TUI_STATE_TOPIC_H
#define TUI_STATE_TOPIC_H

#include <stddef.h>

#include "core/base/buf.h"

#define TOPIC_GENERAL "general"		/* none of its words says it */
enum { TOPIC_BYTES_MAX = 32 };

const char *topic_guess(const char *prompt);
/* As a person typed it: harmless, on one line, lower case where it is ASCII, not too long; nothing when nothing is left. */
void topic_clean(const char *s, struct buf *out);

#endif
