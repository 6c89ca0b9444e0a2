/* Characters that are younger than the Unicode of the installed PCRE2; see newer.def. */
#ifndef CORE_TOK_NEWER_H
#define CORE_TOK_NEWER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* Replace OUT by TEXT, valid UTF-8, with an older character of the same kind and length in place of each
 * younger one.  False, and OUT not to be used, when there is none: the usual case. */
bool newer_replace(struct buf *out, const char *text, size_t len);

#endif
