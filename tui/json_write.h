/* JSON as it is printed, piece by piece, so that a list as long as a vocabulary needs no memory. (Reading is
 * done by jansson.) */
#ifndef TUI_JSON_WRITE_H
#define TUI_JSON_WRITE_H

#include <stddef.h>
#include <stdio.h>

struct buf;

/* S[0..n) as a JSON string with its quotes.  Broken UTF-8 becomes U+FFFD, control characters \uXXXX. */
void json_write_str(FILE *f, const char *s, size_t n);
/* Append {"name": NAME, "arguments": ARGUMENTS} to OUT; ARGUMENTS is JSON already. */
void json_add_call(struct buf *out, const char *name, const char *arguments);
/* Shortest of the usual forms that reads back as V with DIGITS digits; not a number: null. */
void json_write_real(FILE *f, double v, int digits);

#endif
