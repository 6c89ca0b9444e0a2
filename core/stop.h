/* Stop strings: text passes through until one of them appears, also across the borders of tokens.  What may still
 * become a stop string is held back. */
#ifndef CORE_STOP_H
#define CORE_STOP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

struct stop {
	char *const *strings;		/* not empty ones; borrowed */
	size_t n;
	struct buf held;
};

void stop_init(struct stop *s, char *const *strings, size_t n);
void stop_done(struct stop *s);
/* Add TEXT; append to OUT what is certain.  True when a stop string was met: OUT ends before it. */
bool stop_push(struct stop *s, const char *text, size_t len, struct buf *out);
/* No more text comes: append what was held back. */
void stop_finish(struct stop *s, struct buf *out);

#endif
