/* GPT-2's spelling of bytes as printable characters (Radford et al. 2019, encoder.py): printable Latin-1
 * stands for itself, the other 68 bytes are U+0100 and on, in order. */
#ifndef CORE_TOK_BYTECHAR_H
#define CORE_TOK_BYTECHAR_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

uint32_t bytechar_of(uint8_t byte);
/* Append the bytes that S spells; characters that spell none stand for themselves. */
void bytechar_decode(struct buf *out, const char *s, size_t len);

#endif
