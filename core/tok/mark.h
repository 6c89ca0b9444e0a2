/* SentencePiece's mark for a space, U+2581. */
#ifndef CORE_TOK_MARK_H
#define CORE_TOK_MARK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

#define MARK "\xe2\x96\x81"

bool mark_is_in(const char *text, size_t len);
/* Append TEXT with every space as a mark, or with every mark as a space. */
void mark_add(struct buf *out, const char *text, size_t len);
void mark_remove(struct buf *out, const char *text, size_t len);

#endif
