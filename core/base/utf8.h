/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Write CODEPOINT to OUT (4 bytes are enough); the number of bytes.  A surrogate or a value past
 * U+10FFFF is written as U+FFFD. */
size_t utf8_encode(char *out, uint32_t codepoint);

/* Read one character of S[0..n); n > 0.  Its length, with *cp set; on a broken sequence the length of
 * the maximal broken part (Unicode 15, 3.9, U+FFFD substitution) with *cp = U+FFFD and *ok = false. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp, bool *ok);

/* How many bytes of ASCII S[0..n) begins with. */
size_t utf8_ascii_run(const char *s, size_t n);

bool utf8_is_valid(const char *s, size_t n);

/* How many bytes at the end of S[0..n) begin a character that further bytes could complete: 0..3. */
size_t utf8_incomplete_tail(const char *s, size_t n);

#endif
