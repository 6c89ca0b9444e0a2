/* A growing byte string.  data is always NUL-terminated once something was added;
 * len does not count that NUL.  Zero-initialise it, or buf_init; buf_done frees. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_init(struct buf *b);
void buf_done(struct buf *b);
void buf_clear(struct buf *b);				/* keeps the memory */
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_utf8(struct buf *b, uint32_t codepoint);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_truncate(struct buf *b, size_t len);
void buf_insert(struct buf *b, size_t at, const void *p, size_t n);
void buf_erase(struct buf *b, size_t at, size_t n);
const char *buf_str(const struct buf *b);		/* "" when nothing was added */
char *buf_take(struct buf *b);				/* the caller owns it; b is empty */

#endif
