/* Unicode normal form C (UAX 15).  utf8proc is known in nfc.c only. */
#ifndef CORE_TOK_NFC_H
#define CORE_TOK_NFC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* True when TEXT, valid UTF-8, is surely in normal form C already; a quick look that may say false for nothing. */
bool nfc_is_plain(const char *text, size_t len);
/* Replace OUT by the normal form of TEXT, valid UTF-8.  Linear but for sorting runs of combining marks. */
bool nfc_normalize(struct buf *out, const char *text, size_t len, struct err *e) MUST_CHECK;

#endif
