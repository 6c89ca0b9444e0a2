/* Unicode normal form C (UAX 15).  utf8proc is known in nfc.c only. */
#ifndef CORE_TOK_NFC_H
#define CORE_TOK_NFC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* Bring TEXT, valid UTF-8, into normal form C in OUT, whose old content goes.  *changed is false, and
 * OUT not to be used, when nothing in TEXT can change: most texts take only the look. */
bool nfc_normalize(struct buf *out, const char *text, size_t len, bool *changed, struct err *e) MUST_CHECK;

#endif
